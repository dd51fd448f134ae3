/*
 * The spool lock, which keeps delivery agents and other mail readers out while
 * we scan and while we update, and at no other time.
 *
 * It is all of fcntl, flock and the dotlock, because agents differ in which
 * they take; each is tried without waiting, all or none, again and again until
 * a deadline, because they also differ in the order. Where the directory lets
 * us make no dotlock, or has no room for one, or flock is fcntl in disguise
 * (NFS), the rest must do.
 *
 * Termination signals wait until the lock is dropped. If we are killed all the
 * same, the kernel's locks are gone, and the dotlock stays, as it does after a
 * power cut: dotlock_stale.h says which are stale. One whose maker is gone is
 * removed whether or not the kernel's locks can be had, for an agent may hold
 * those while it waits for just that dotlock.
 */
#ifndef MAILDROP_MBOX_LOCK_H
#define MAILDROP_MBOX_LOCK_H

#include <signal.h>
#include <stdbool.h>

#include "maildrop/mbox/dotlock.h"
#include "maildrop/status.h"

/* How long we wait for it. */
#define LOCK_WAIT_MILLISECONDS 20000

struct lock {
	int fd;			/* the mailbox, open for writing */
	bool is_held;
	struct dotlock dotlock;
	const char *busy;	/* the kernel's lock that another holds */
	sigset_t signals;	/* as they were */
};

/* For the mailbox at `path` in `directory`; what follows wants its `fd` set.
 * The caller holds the session lock, on the file `session`, in the boot of that
 * id (base/boot.h). */
void lock_init(struct lock *, const char *path, int directory, int session,
    const char *boot);

/* Whether there is a dotlock that nobody will remove unless we do: taking the
 * lock removes it. */
bool lock_has_stale_dotlock(const struct lock *);

/*
 * Takes the lock. IN_USE after a log line that says whose it is, if it was not
 * to be had in time; TEMPORARY after a log line. If files will be synced under
 * it (is_durable), a power cut can leave the dotlock, so its content is synced
 * first.
 */
enum maildrop_status lock_take(struct lock *, bool is_durable);

/* Makes the file that the next dotlock will be, so that lock_take need not open
 * any. TEMPORARY after a log line. */
enum maildrop_status lock_prepare(struct lock *);

/* Drops it if it is held. */
void lock_drop(struct lock *);

/* Drops it, and what was prepared. */
void lock_end(struct lock *);

#endif
