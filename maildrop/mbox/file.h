/*
 * The file of an mbox: where it is, that it is safe to use, locked, and whether
 * it changed.
 *
 *	mbox_file_open		opens it
 *	mbox_file_lock_first	takes its lock
 *	  mbox_file_unlock, mbox_file_lock
 *	mbox_file_close		always
 *
 * Nothing is read from it here, and after the first two nothing is opened.
 */
#ifndef MAILDROP_MBOX_FILE_H
#define MAILDROP_MBOX_FILE_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "maildrop/mbox/lock.h"
#include "maildrop/status.h"

struct mbox_file {
	const char *path;	/* the caller's */
	uid_t owner;
	const char *name;	/* the file's, inside the path */
	int directory;		/* O_PATH; or -1 */
	int fd;			/* -1: there is no such file */
	struct lock lock;
};

/* Opens the file, which must be the owner's and need not exist, for the holder
 * of the session lock on the file `session`, in the boot of that id. On
 * anything but MAILDROP_OK, too, mbox_file_close is due. */
enum maildrop_status mbox_file_open(struct mbox_file *, const char *path,
    uid_t owner, int session, const char *boot);
void mbox_file_close(struct mbox_file *);

/* The same for who only looks: it is not locked then. */
enum maildrop_status mbox_file_open_to_look(struct mbox_file *,
    const char *path, uid_t owner);

/* Describes its dotlock, and how many seconds it has been there; false if there
 * is none. */
bool mbox_file_describe_dotlock(const char *path, struct strbuf *,
    int64_t *seconds);

/* Whether there is a stale dotlock of it; the arguments are those of
 * mbox_file_open. */
bool mbox_file_has_stale_dotlock(const char *path, int session,
    const char *boot);

/* Locks the file, which exists, as long as nothing is known of it: if it is not
 * the mailbox any more, the one that is. There may be none then. Is_durable as
 * for lock_take. */
enum maildrop_status mbox_file_lock_first(struct mbox_file *, bool is_durable);

/* Locks the file and makes sure that it still is the mailbox, CHANGED if it is
 * not. Is_durable as for lock_take. */
enum maildrop_status mbox_file_lock(struct mbox_file *, bool is_durable);
void mbox_file_unlock(struct mbox_file *);

/* How a file looked. A stamp that is not settled proves nothing. */
struct mbox_stamp {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified, changed;
	bool is_settled;
};

/* How it looks now; false with errno. */
bool mbox_file_stamp(const struct mbox_file *, struct mbox_stamp *);

/* Whether the file looked alike. */
bool mbox_stamp_equal(const struct mbox_stamp *, const struct mbox_stamp *);

/* Whether nothing can have happened to the file between the two. */
bool mbox_stamp_holds(const struct mbox_stamp *then,
    const struct mbox_stamp *now);

/* Logs what failed, with errno, or why the file is refused. */
enum maildrop_status mbox_file_failed(const struct mbox_file *,
    const char *what);
enum maildrop_status mbox_file_refused(const struct mbox_file *,
    const char *why);

#endif
