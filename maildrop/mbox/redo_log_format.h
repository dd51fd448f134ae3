/* The redo log as a file: what redo_log.c writes and redo_log_read.c reads. */
#ifndef MAILDROP_MBOX_REDO_LOG_FORMAT_H
#define MAILDROP_MBOX_REDO_LOG_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "maildrop/mbox/redo_log.h"

/*
 * The file: a head, two steps, the plan's ranges, its segments, and from the
 * next whole block on the two copies. Numbers are in the host's order: the
 * file never leaves it.
 */
#define MAGIC "pop3-handler journal 1\n"
#define MAGIC_ASIDE "pop3-handler set aside\n"
#define HEAD_OFFSET 0
#define BLOCK ((uint64_t)4096)
#define STEP_OFFSET BLOCK	/* one each in a block of its own */
#define PLAN_OFFSET (3 * BLOCK)

#define BUFFER_SIZE ((uint64_t)1 << 20)

struct redo_log_head {
	char magic[24];
	struct digest id;
	uint64_t inode, owner, old_size, new_size, start;
	struct digest edges[2];
	uint64_t range_count, segment_count;
	struct digest plan;	/* of the ranges and segments */
	struct digest self;	/* of all before it */
};

struct redo_log_slot {
	struct digest id;	/* the plan's */
	struct redo_log_step step;
	struct digest self;
};

struct redo_log {
	int fd;
	struct digest id;
	uint64_t copies;	/* where the first of the two copies is */
	uint64_t copy_room;	/* how long each may be */
	uint64_t spare;		/* so much room behind them was taken, too */
};

/* Says whose steps are written and read from here on. */
void redo_log_set_plan(struct redo_log *, const struct redo_log_plan *);

/* The digest of the ranges and segments. */
struct digest redo_log_plan_digest(const struct redo_log_plan *);

static inline size_t
ranges_size(const struct redo_log_plan *plan)
{
	return plan->range_count * sizeof(*plan->ranges);
}

static inline size_t
segments_size(const struct redo_log_plan *plan)
{
	return plan->segment_count * sizeof(*plan->segments);
}

static inline uint64_t
copy_offset(const struct redo_log *redo_log, uint64_t sequence)
{
	return redo_log->copies + (sequence % 2) * redo_log->copy_room;
}

static inline uint64_t
slot_offset(uint64_t sequence)
{
	return STEP_OFFSET + (sequence % 2) * BLOCK;
}

#endif
