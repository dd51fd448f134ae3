/*
 * The dotlock of a mailbox, "NAME.lock" beside it: made and removed. lock.h
 * says when, dotlock_stale.h what becomes of one that is there.
 *
 *	dotlock_init
 *	  dotlock_prepare	makes a draft, while files may be opened
 *	  dotlock_take		gives it the name, and makes it if there is none
 *	  dotlock_drop
 *	dotlock_end
 *
 * The draft is a file without a name, or, where the system has none, one with
 * the name NAME.lock.pop3-handler.XXXXXXXX, which is removed at the end. The
 * digits are of our host and session lock: nobody who lives has the same, and
 * the next session finds what a killed one left.
 */
#ifndef MAILDROP_MBOX_DOTLOCK_H
#define MAILDROP_MBOX_DOTLOCK_H

#include <stdbool.h>

#include "maildrop/mbox/dotlock_stale.h"

/* How a lock was tried. */
enum lock_attempt {
	LOCK_TAKEN,
	LOCK_TAKEN_BY_OTHER,
	LOCK_IMPOSSIBLE,	/* here, whoever tries; with errno */
	LOCK_FAILED		/* with errno */
};

struct dotlock {
	struct dotlock_place place;
	int held;		/* the file of ours, or -1 */
	bool is_on_disk;	/* the draft was synced */
	bool no_tmpfile;	/* there are no files without a name here */
	bool said_impossible;	/* that there can be no dotlock */
};

/* For the mailbox at `path` in `directory`, neither of which is copied, by the
 * holder of the session lock on the file `session`, in the boot of that id,
 * which is empty if it is not known. */
void dotlock_init(struct dotlock *, const char *path, int directory,
    int session, const char *boot);

/* Makes the draft if there is none, and removes one with a name that a killed
 * session left. */
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

#endif
