/*
 * The spool lock, which keeps delivery agents and other mail readers out while
 * we scan and while we update, and at no other time.
 *
 * It is all of fcntl, flock and the dotlock, because agents differ in which
 * they take; each is tried without waiting, all or none, again and again until
 * a deadline, because they also differ in the order. Where the directory lets
 * us make no dotlock, or flock is fcntl in disguise (NFS), the rest must do.
 *
 * Termination signals wait until the lock is dropped. If we are killed all the
 * same, the kernel's locks are gone, and the dotlock stays: it carries our
 * process id, by which agents built on liblockfile see that it is stale, and
 * our name, by which the next session of the same mailbox does.
 */
#ifndef MAILDROP_LOCK_H
#define MAILDROP_LOCK_H

#include <signal.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "base/deadline.h"
#include "maildrop/status.h"

/* How long we wait for it. */
#define LOCK_WAIT_MILLISECONDS 20000

/* The age at which a dotlock of another program is stale. Agents give up on
 * one after 5 (liblockfile) to 30 (exim) minutes: we take the longest. */
#define LOCK_STALE_SECONDS 1800

struct lock {
	int directory;		/* of the mailbox */
	const char *name;	/* of the mailbox in it */
	int fd;			/* the mailbox, open for writing */
	int nameless;		/* the next dotlock, or -1 */
	bool lacks_nameless;	/* the file system has no such files */
	bool is_held;
	bool has_dotlock;
	struct stat dotlock;	/* which is it, if so */
	bool said_stale;	/* that one cannot be removed */
	bool said_impossible;	/* that there can be no dotlock */
	sigset_t signals;	/* as they were */
};

/* For the mailbox `name` in `directory`, open as `fd`. */
void lock_init(struct lock *, int directory, const char *name, int fd);

/* Takes the lock. The caller holds the session lock. IN_USE if it was not to
 * be had in time; TEMPORARY after a log line. */
enum maildrop_status lock_take(struct lock *);

/* Makes the file that the next dotlock will be, so that lock_take need not open
 * any. TEMPORARY after a log line. */
enum maildrop_status lock_prepare(struct lock *);

/* Drops it if it is held. */
void lock_drop(struct lock *);

/* Drops it, and what was prepared. */
void lock_end(struct lock *);

#endif
