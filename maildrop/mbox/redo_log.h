/*
 * The note that makes an in-place rewrite survive a crash: the plan, how far
 * it got, and a copy of the octets that are being moved.
 *
 *	redo_log_take_room	what all its steps need
 *	redo_log_begin		the plan, durably
 *	  redo_log_copy, redo_log_put, redo_log_sync	step by step
 *	redo_log_clear		the change is finished
 *
 * Two places take turns for the steps: what one says, with its copy, is whole
 * as long as the other is written. All of it is checked against digests, so
 * that a torn write counts as none.
 *
 * The file is the service user's; the account holds its descriptor only.
 */
#ifndef MAILDROP_MBOX_REDO_LOG_H
#define MAILDROP_MBOX_REDO_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"

/* These two can be made small, so that a test sees many steps. */

/* The unit in which the new contents are known by their digests. */
#ifndef REDO_LOG_SEGMENT
#define REDO_LOG_SEGMENT ((uint64_t)1 << 20)
#endif

/* How much a step may copy. The disk space of a redo log is two of these and
 * the plan: 16 octets for each MiB moved, 24 for each gap. Where little is
 * moved there is some room all the same, for mail that arrives before a
 * recovery. */
#ifndef REDO_LOG_COPY_MAX
#define REDO_LOG_COPY_MAX ((uint64_t)24 << 20)
#define REDO_LOG_COPY_MIN ((uint64_t)1 << 20)
#endif
#ifndef REDO_LOG_COPY_MIN
#define REDO_LOG_COPY_MIN ((uint64_t)4096)
#endif

/* A piece of the file that stays, and moves towards its start. */
struct redo_log_range {
	uint64_t from, to, length;
};

/*
 * The whole change: what stands before `start` stays where it is, the ranges
 * follow it one after the other, and that is all of the new file. They are in
 * the order of the file and do not overlap.
 */
struct redo_log_plan {
	struct digest id;	/* random */
	uint64_t inode;
	uint64_t owner;		/* uid */
	uint64_t old_size, new_size;
	uint64_t start;
	struct digest edges[2];	/* of what stands right before `start`, and of
				   the end of the old file */
	struct redo_log_range *ranges;
	size_t range_count;
	struct digest *segments;	/* of the new file from `start` on */
	size_t segment_count;
};

/* How far the change got, as it is written. */
struct redo_log_step {
	uint64_t sequence;
	uint64_t position;	/* up to here the new file is finished */
	uint64_t length;	/* so much from there on is in the copy */
	uint64_t end;		/* of the old file and what was appended */
	uint64_t is_last;	/* all moved: only the truncation is left */
	struct digest copy;	/* of the copy */
};

/* What a crash left. */
struct redo_log_state {
	struct redo_log_plan plan;
	struct redo_log_step steps[2];	/* the valid ones, the older first */
	size_t step_count;
};

enum redo_log_status {
	REDO_LOG_EMPTY,		/* nothing was interrupted */
	REDO_LOG_REMAINS,	/* an update that took room and did not begin */
	REDO_LOG_ACTIVE,
	REDO_LOG_SENSELESS,	/* whole, and not what we write */
	REDO_LOG_FAILED,		/* it cannot be read; errno */
};

struct redo_log;

/* A redo log over an open file, which stays the caller's. NULL if there is no
 * memory. */
struct redo_log *redo_log_new(int fd);
void redo_log_free(struct redo_log *);

/* Reads what is there. On REDO_LOG_ACTIVE the steps to come belong to that
 * plan, and the caller gives *state to redo_log_state_clear. */
enum redo_log_status redo_log_load(struct redo_log *, struct redo_log_state *);
void redo_log_state_clear(struct redo_log_state *);

/* Whether it holds nothing at all; false, too, if that cannot be told. */
bool redo_log_is_empty(const struct redo_log *);

/* The others return false with errno. */

/* Finds out whether there is a plan, and whose mailbox it is for. */
bool redo_log_look(const struct redo_log *, bool *is_active, uint64_t *owner);

/* Takes the disk space for the plan and all its steps. From here on, there is
 * something in the log: REMAINS. */
bool redo_log_take_room(struct redo_log *, const struct redo_log_plan *);

/* Writes the plan down; durable when it returns. */
bool redo_log_begin(struct redo_log *, const struct redo_log_plan *);

/* How much a step of this plan may copy. */
uint64_t redo_log_copy_room(const struct redo_log *);

/* The copy of step `sequence`: writes or reads `length` octets at `offset` in
 * it. */
bool redo_log_copy(struct redo_log *, uint64_t sequence, uint64_t offset,
    const void *data, size_t length);
bool redo_log_copied(struct redo_log *, uint64_t sequence, uint64_t offset,
    void *data, size_t length);

/* Writes the step down; durable, with its copy, after redo_log_sync. */
bool redo_log_put(struct redo_log *, const struct redo_log_step *);
bool redo_log_sync(struct redo_log *);

/* Makes what can be read durable by writing it again: after a sync that failed
 * the system shows octets that it will not write any more. */
bool redo_log_renew(struct redo_log *);

/* Forgets all, durably, and gives the disk space back. */
bool redo_log_clear(struct redo_log *);

/* Marks it as one that only a human can use. */
bool redo_log_set_aside(struct redo_log *);

/* Finds out whether the file open as `fd` was marked so. */
bool redo_log_look_aside(int fd, bool *is_aside);

#endif
