/*
 * The note that makes an in-place rewrite survive a crash: the plan, how far
 * it got, and a copy of the octets that are being moved.
 *
 *	journal_begin		the plan, durably
 *	  journal_copy, journal_put, journal_sync	step by step
 *	journal_clear		the change is finished
 *
 * Two places take turns for the steps: what one says, with its copy, is whole
 * as long as the other is written. All of it is checked against digests, so
 * that a torn write counts as none.
 *
 * The file is the service user's; the account holds its descriptor only.
 */
#ifndef MAILDROP_JOURNAL_H
#define MAILDROP_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"

/* These two can be made small, so that a test sees many steps. */

/* The unit in which the new contents are known by their digests. */
#ifndef JOURNAL_SEGMENT
#define JOURNAL_SEGMENT ((uint64_t)1 << 20)
#endif

/* How much a step may copy. The disk space of a journal is two of these and
 * the plan: 16 octets for each MiB moved, 24 for each gap. Where little is
 * moved there is some room all the same, for mail that arrives before a
 * recovery. */
#ifndef JOURNAL_COPY_MAX
#define JOURNAL_COPY_MAX ((uint64_t)24 << 20)
#define JOURNAL_COPY_MIN ((uint64_t)1 << 20)
#endif
#ifndef JOURNAL_COPY_MIN
#define JOURNAL_COPY_MIN ((uint64_t)4096)
#endif

/* A piece of the file that stays, and moves towards its start. */
struct journal_range {
	uint64_t from, to, length;
};

/*
 * The whole change: what stands before `start` stays where it is, the ranges
 * follow it one after the other, and that is all of the new file. They are in
 * the order of the file and do not overlap.
 */
struct journal_plan {
	struct digest id;	/* random */
	uint64_t inode;
	uint64_t owner;		/* uid */
	uint64_t old_size, new_size;
	uint64_t start;
	struct digest edges[2];	/* of what stands right before `start`, and of
				   the end of the old file */
	struct journal_range *ranges;
	size_t range_count;
	struct digest *segments;	/* of the new file from `start` on */
	size_t segment_count;
};

/* How far the change got. */
struct journal_step {
	uint64_t sequence;
	uint64_t position;	/* up to here the new file is finished */
	uint64_t length;	/* so much from there on is in the copy */
	uint64_t end;		/* of the old file and what was appended */
	bool is_last;		/* all moved: only the truncation is left */
	struct digest copy;	/* of the copy */
};

/* What a crash left. */
struct journal_state {
	struct journal_plan plan;
	struct journal_step steps[2];	/* the valid ones, the older first */
	size_t step_count;
};

enum journal_status {
	JOURNAL_EMPTY,		/* nothing was interrupted */
	JOURNAL_REMAINS,	/* the same, but it is to be cleared */
	JOURNAL_ACTIVE,
	JOURNAL_SENSELESS,	/* whole, and not what we write */
	JOURNAL_FAILED,		/* it cannot be read; errno */
};

struct journal;

/* A journal over an open file, which becomes the journal's. NULL if there is
 * no memory. */
struct journal *journal_new(int fd);
void journal_free(struct journal *);

/* Reads what is there. On JOURNAL_ACTIVE the steps to come belong to that
 * plan, and the caller gives *state to journal_state_clear. */
enum journal_status journal_load(struct journal *, struct journal_state *);
void journal_state_clear(struct journal_state *);

/* Whether it holds nothing at all; false, too, if that cannot be told. */
bool journal_is_empty(const struct journal *);

/* The others return false with errno. */

/* Finds out whether there is a plan, and whose mailbox it is for. */
bool journal_look(const struct journal *, bool *is_active, uint64_t *owner);

/* Writes the plan down and takes the disk space for all its steps; durable
 * when it returns. */
bool journal_begin(struct journal *, const struct journal_plan *);

/* How much a step of this plan may copy. */
uint64_t journal_copy_room(const struct journal *);

/* The copy of step `sequence`: writes or reads `length` octets at `offset` in
 * it. */
bool journal_copy(struct journal *, uint64_t sequence, uint64_t offset,
    const void *octets, size_t length);
bool journal_copied(struct journal *, uint64_t sequence, uint64_t offset,
    void *octets, size_t length);

/* Writes the step down; durable, with its copy, after journal_sync. */
bool journal_put(struct journal *, const struct journal_step *);
bool journal_sync(struct journal *);

/* Makes what can be read durable by writing it again: after a sync that failed
 * the system shows octets that it will not write any more. */
bool journal_renew(struct journal *);

/* Forgets all, durably, and gives the disk space back. */
bool journal_clear(struct journal *);

/* Marks it as one that only a human can use. */
bool journal_set_aside(struct journal *);

/* Finds out whether the file open as `fd` was marked so. */
bool journal_look_aside(int fd, bool *is_aside);

#endif
