/*
 * The dotlock of a mailbox, "NAME.lock" beside it: made, judged and removed.
 * lock.h says when.
 *
 *	dotlock_init
 *	  dotlock_prepare	makes a draft, while files may be opened
 *	  dotlock_take		gives it the name, and makes it if there is none
 *	  dotlock_drop
 *	dotlock_end
 *
 * The draft is a file without a name, or, where the system has none, one with
 * the name NAME.lock.pop3-handler, which is removed at the end. Its first line
 * is our process id, in the form of liblockfile. The second is for us:
 *
 *	pop3-handler HOST BOOT SESSION
 *
 * the boot of the kernel (base/boot.h) and the file of the session lock, by
 * device and inode. So if we are killed, the next session knows: it holds the
 * session lock that the maker of the dotlock held.
 */
#ifndef MAILDROP_MBOX_DOTLOCK_H
#define MAILDROP_MBOX_DOTLOCK_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/boot.h"
#include "base/strbuf.h"

/* The age at which a dotlock of another program is stale. Agents give up on
 * one after 5 (liblockfile) to 30 (exim) minutes: we take the longest. */
#define DOTLOCK_STALE_SECONDS 1800

/* How a lock was tried. */
enum lock_attempt {
	LOCK_TAKEN,
	LOCK_TAKEN_BY_OTHER,
	LOCK_IMPOSSIBLE,	/* here, whoever tries; with errno */
	LOCK_FAILED		/* with errno */
};

struct dotlock {
	int directory;		/* of the mailbox */
	const char *path;	/* of the mailbox, */
	const char *name;	/* and its last part */
	char boot[BOOT_ID_SIZE];
	struct stat session;	/* the file of the session lock */
	int draft;		/* the next dotlock, or -1 */
	bool is_named;		/* that has a name of its own */
	bool is_on_disk;	/* that was synced */
	bool no_tmpfile;	/* there are no files without a name here */
	bool is_held;
	struct stat held;	/* which file it is, if so */
	bool warned_stale;	/* that one cannot be removed */
	bool said_impossible;	/* that there can be no dotlock */
};

/* Whether the mailbox at `path` has one. */
bool dotlock_exists(const char *path);

/* For the mailbox at `path` in `directory`, neither of which is copied, by the
 * holder of the session lock on the file `session`, in the boot of that id,
 * which is empty if it is not known. */
void dotlock_init(struct dotlock *, const char *path, int directory,
    int session, const char *boot);

/* Makes the draft if there is none. */
enum lock_attempt dotlock_prepare(struct dotlock *);

/* Dates the draft to now and syncs it: what it says is then on the disk before
 * the dotlock's name can be. Costs a sync. */
void dotlock_sync(struct dotlock *);

/*
 * Takes the dotlock. Where none can be made, that is logged once, and it counts
 * as taken unless another program has one.
 */
enum lock_attempt dotlock_take(struct dotlock *);

/* Removes ours, if the name is still that of the file we made. */
void dotlock_drop(struct dotlock *);

/* Drops it, and the draft. */
void dotlock_end(struct dotlock *);

/*
 * Whether there is a dotlock whose maker is dead:
 *   - it is of the session lock that we hold, in this boot; or
 *   - it is older than this boot, on a local file system; or,
 *   - if the caller holds the mailbox's kernel locks (is_alone), which a living
 *     maker would hold: it is ours, of this boot or host, or another program's
 *     of more than DOTLOCK_STALE_SECONDS.
 * A process that may open nothing goes by the times.
 */
bool dotlock_is_dead(const struct dotlock *, bool is_alone);

/* Removes the dotlock if that is so, which is logged. */
void dotlock_remove_dead(struct dotlock *, bool is_alone);

/* Appends which dotlock there is, since when, and of which process it says it
 * is; false if there is none. */
bool dotlock_describe(const struct dotlock *, struct strbuf *);

#endif
