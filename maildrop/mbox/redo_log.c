#include "maildrop/mbox/redo_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

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

/* A plan of more ranges or segments than this was not written by us. */
#define COUNT_MAX ((uint64_t)1 << 32)

struct head {
	char magic[24];
	struct digest id;
	uint64_t inode, owner, old_size, new_size, start;
	struct digest edges[2];
	uint64_t range_count, segment_count;
	struct digest plan;	/* of the ranges and segments */
	struct digest self;	/* of all before it */
};

struct slot {
	struct digest id;	/* the plan's */
	uint64_t sequence, position, length, end, is_last;
	struct digest copy;
	struct digest self;
};

struct redo_log {
	int fd;
	struct digest id;
	uint64_t copies;	/* where the first of the two copies is */
	uint64_t copy_room;	/* how long each may be */
	uint64_t spare;		/* so much room behind them was taken, too */
};

struct redo_log *
redo_log_new(int fd)
{
	struct redo_log *redo_log = calloc(1, sizeof(*redo_log));

	if (redo_log != NULL)
		redo_log->fd = fd;
	return redo_log;
}

void
redo_log_free(struct redo_log *redo_log)
{
	free(redo_log);
}

void
redo_log_state_clear(struct redo_log_state *state)
{
	free(state->plan.ranges);
	free(state->plan.segments);
}

/* --- where things are --------------------------------------------------- */

static size_t
ranges_size(const struct redo_log_plan *plan)
{
	return plan->range_count * sizeof(*plan->ranges);
}

static size_t
segments_size(const struct redo_log_plan *plan)
{
	return plan->segment_count * sizeof(*plan->segments);
}

static uint64_t
whole_blocks(uint64_t length)
{
	return (length + BLOCK - 1) / BLOCK * BLOCK;
}

/* Says whose steps are written and read from here on. */
static void
set_plan(struct redo_log *redo_log, const struct redo_log_plan *plan)
{
	uint64_t moved = plan->new_size - plan->start;

	redo_log->id = plan->id;
	redo_log->copies = whole_blocks(PLAN_OFFSET + ranges_size(plan) +
	    segments_size(plan));
	redo_log->copy_room = moved < REDO_LOG_COPY_MAX
	    ? whole_blocks(moved + 1) : REDO_LOG_COPY_MAX;
	if (redo_log->copy_room < REDO_LOG_COPY_MIN)
		redo_log->copy_room = REDO_LOG_COPY_MIN;
	/* for copies that are written over older ones */
	redo_log->spare = moved > 2 * redo_log->copy_room &&
	    fd_writes_elsewhere(redo_log->fd) ? 2 * redo_log->copy_room : 0;
}

uint64_t
redo_log_copy_room(const struct redo_log *redo_log)
{
	return redo_log->copy_room;
}

static uint64_t
copy_offset(const struct redo_log *redo_log, uint64_t sequence)
{
	return redo_log->copies + (sequence % 2) * redo_log->copy_room;
}

static uint64_t
slot_offset(uint64_t sequence)
{
	return STEP_OFFSET + (sequence % 2) * BLOCK;
}

/* --- reading ------------------------------------------------------------ */

/* False with errno, which is 0 if the file is too short. */
static bool
read_at(int fd, void *at, size_t length, uint64_t offset)
{
	ssize_t n = fd_read_at(fd, at, length, offset);

	if (n >= 0)
		errno = 0;
	return n == (ssize_t)length;
}

static struct digest
plan_digest(const struct redo_log_plan *plan)
{
	struct digest parts[2] = {
		digest_of(plan->ranges, ranges_size(plan)),
		digest_of(plan->segments, segments_size(plan)),
	};

	return digest_of(parts, sizeof(parts));
}

static bool
is_head(const struct head *head)
{
	return memcmp(head->magic, MAGIC, sizeof(MAGIC)) == 0 &&
	    digest_equal(head->self,
	    digest_of(head, offsetof(struct head, self))) &&
	    head->range_count < COUNT_MAX && head->segment_count < COUNT_MAX;
}

/* Whether the plan is one (redo_log.h): what follows it stays in the file. */
static bool
is_plan(const struct redo_log_plan *plan)
{
	uint64_t to = plan->start, from = to;

	for (size_t i = 0; i < plan->range_count; i++) {
		const struct redo_log_range *range = &plan->ranges[i];

		if (range->to != to || range->from < from ||
		    range->from <= to || range->from > plan->old_size ||
		    range->length > plan->old_size - range->from)
			return false;
		from = range->from + range->length;
		to += range->length;
	}
	return to == plan->new_size && to <= plan->old_size &&
	    plan->old_size - to >= sizeof(plan->id) &&
	    plan->segment_count ==
	    (to - plan->start + REDO_LOG_SEGMENT - 1) / REDO_LOG_SEGMENT;
}

/* Reads the plan of a good head; false with errno, 0 if it is none. */
static bool
read_plan(int fd, const struct head *head, struct redo_log_plan *plan)
{
	*plan = (struct redo_log_plan){
		.id = head->id,
		.inode = head->inode,
		.owner = head->owner,
		.old_size = head->old_size,
		.new_size = head->new_size,
		.start = head->start,
		.edges = { head->edges[0], head->edges[1] },
		.range_count = head->range_count,
		.segment_count = head->segment_count,
	};
	plan->ranges = calloc(plan->range_count + 1, sizeof(*plan->ranges));
	plan->segments = calloc(plan->segment_count + 1,
	    sizeof(*plan->segments));
	return plan->ranges != NULL && plan->segments != NULL &&
	    read_at(fd, plan->ranges, ranges_size(plan), PLAN_OFFSET) &&
	    read_at(fd, plan->segments, segments_size(plan),
	    PLAN_OFFSET + ranges_size(plan)) &&
	    digest_equal(head->plan, plan_digest(plan));
}

/* Makes the digest of the copy of a step; false as in read_at. */
static bool
digest_copy(struct redo_log *redo_log, const struct redo_log_step *step,
    char *buffer, struct digest_maker *maker)
{
	digest_begin(maker);
	for (uint64_t at = 0; at < step->length;) {
		uint64_t left = step->length - at;
		size_t part = (size_t)(left < BUFFER_SIZE ? left : BUFFER_SIZE);

		if (!read_at(redo_log->fd, buffer, part,
		    copy_offset(redo_log, step->sequence) + at))
			return false;
		digest_add(maker, buffer, part);
		at += part;
	}
	return true;
}

/* Whether the copy of the step is all there; false as in read_at. */
static bool
is_copy_whole(struct redo_log *redo_log, const struct redo_log_step *step)
{
	struct digest_maker *maker = digest_new();
	char *buffer = malloc(BUFFER_SIZE);
	bool whole = maker != NULL && buffer != NULL &&
	    digest_copy(redo_log, step, buffer, maker) &&
	    (step->length == 0 ||
	    digest_equal(digest_end(maker), step->copy));
	int error = errno;

	free(buffer);
	digest_free(maker);
	errno = error;
	return whole;
}

/* Whether the step is one of this plan. */
static bool
is_step(const struct redo_log_plan *plan, const struct redo_log_step *step)
{
	uint64_t end = plan->new_size + (step->end - plan->old_size);

	return step->end >= plan->old_size && step->position >= plan->start &&
	    step->position <= end && step->length <= end - step->position &&
	    (!step->is_last || step->position == end);
}

/* Whether what the digests vouch for makes sense. */
static bool
is_ours(const struct redo_log_state *state)
{
	for (size_t i = 0; i < state->step_count; i++)
		if (!is_step(&state->plan, &state->steps[i]))
			return false;
	return is_plan(&state->plan);
}

/* Reads the step at one of the two places, if a whole one of this plan is
 * there; false as in read_at. */
static bool
read_step(struct redo_log *redo_log, unsigned place, struct redo_log_step *step)
{
	struct slot slot;

	if (!read_at(redo_log->fd, &slot, sizeof(slot),
	    slot_offset(place)) ||
	    !digest_equal(slot.self,
	    digest_of(&slot, offsetof(struct slot, self))) ||
	    !digest_equal(slot.id, redo_log->id) ||
	    slot.sequence % 2 != place || slot.length > redo_log->copy_room)
		return false;
	*step = (struct redo_log_step){
		.sequence = slot.sequence,
		.position = slot.position,
		.length = slot.length,
		.end = slot.end,
		.is_last = slot.is_last != 0,
		.copy = slot.copy,
	};
	return is_copy_whole(redo_log, step);
}

/* False with errno: a step that cannot be read is not one that was not
 * written. */
static bool
read_steps(struct redo_log *redo_log, struct redo_log_state *state)
{
	struct redo_log_step *steps = state->steps, swapped;

	state->step_count = 0;
	for (unsigned place = 0; place < 2; place++) {
		if (read_step(redo_log, place, &steps[state->step_count]))
			state->step_count++;
		else if (errno != 0)
			return false;
	}
	if (state->step_count == 2 && steps[0].sequence > steps[1].sequence) {
		swapped = steps[0];
		steps[0] = steps[1];
		steps[1] = swapped;
	}
	return true;
}

enum redo_log_status
redo_log_load(struct redo_log *redo_log, struct redo_log_state *state)
{
	struct head head;
	ssize_t length = fd_read_at(redo_log->fd, &head, sizeof(head),
	    HEAD_OFFSET);

	*state = (struct redo_log_state){ 0 };
	if (length <= 0)
		return length == 0 ? REDO_LOG_EMPTY : REDO_LOG_FAILED;
	/* A plan that was not written whole was never begun. */
	if (length < (ssize_t)sizeof(head) || !is_head(&head))
		return REDO_LOG_REMAINS;
	if (!read_plan(redo_log->fd, &head, &state->plan)) {
		redo_log_state_clear(state);
		return errno == 0 ? REDO_LOG_REMAINS : REDO_LOG_FAILED;
	}
	set_plan(redo_log, &state->plan);
	if (!read_steps(redo_log, state)) {
		redo_log_state_clear(state);
		return REDO_LOG_FAILED;
	}
	if (!is_ours(state)) {
		redo_log_state_clear(state);
		return REDO_LOG_SENSELESS;
	}
	return REDO_LOG_ACTIVE;
}

bool
redo_log_is_empty(const struct redo_log *redo_log)
{
	struct stat status;

	return fstat(redo_log->fd, &status) == 0 && status.st_size == 0;
}

bool
redo_log_look(const struct redo_log *redo_log, bool *is_active, uint64_t *owner)
{
	struct head head;

	*is_active = false;
	if (!read_at(redo_log->fd, &head, sizeof(head), HEAD_OFFSET))
		return errno == 0;
	*is_active = is_head(&head);
	*owner = head.owner;
	return true;
}

bool
redo_log_copied(struct redo_log *redo_log, uint64_t sequence, uint64_t offset,
    void *octets, size_t length)
{
	if (read_at(redo_log->fd, octets, length,
	    copy_offset(redo_log, sequence) + offset))
		return true;
	if (errno == 0)
		errno = EIO;
	return false;
}

/* --- writing ------------------------------------------------------------ */

static bool
write_head(struct redo_log *redo_log, const struct redo_log_plan *plan)
{
	struct head head = {
		.magic = MAGIC,
		.id = plan->id,
		.inode = plan->inode,
		.owner = plan->owner,
		.old_size = plan->old_size,
		.new_size = plan->new_size,
		.start = plan->start,
		.edges = { plan->edges[0], plan->edges[1] },
		.range_count = plan->range_count,
		.segment_count = plan->segment_count,
		.plan = plan_digest(plan),
	};

	head.self = digest_of(&head, offsetof(struct head, self));
	return fd_write_at(redo_log->fd, &head, sizeof(head), HEAD_OFFSET);
}

static uint64_t
end_of_copies(const struct redo_log *redo_log)
{
	return redo_log->copies + 2 * redo_log->copy_room;
}

/* Takes it now, so that a full disk shows before anything is moved. */
static bool
take_space(struct redo_log *redo_log)
{
	int error = posix_fallocate(redo_log->fd, 0,
	    (off_t)end_of_copies(redo_log));

	errno = error;
	return error == 0 && (redo_log->spare == 0 || fd_take_room(redo_log->fd,
	    end_of_copies(redo_log), redo_log->spare));
}

/* Before anything is written over. */
static bool
give_spare(struct redo_log *redo_log)
{
	uint64_t spare = redo_log->spare;

	redo_log->spare = 0;
	return spare == 0 || fd_give_room(redo_log->fd, end_of_copies(redo_log),
	    spare);
}

bool
redo_log_begin(struct redo_log *redo_log, const struct redo_log_plan *plan)
{
	set_plan(redo_log, plan);
	return fd_truncate(redo_log->fd, 0) && take_space(redo_log) &&
	    fd_write_at(redo_log->fd, plan->ranges, ranges_size(plan),
	    PLAN_OFFSET) &&
	    fd_write_at(redo_log->fd, plan->segments, segments_size(plan),
	    PLAN_OFFSET + ranges_size(plan)) &&
	    write_head(redo_log, plan) && fd_sync(redo_log->fd);
}

bool
redo_log_copy(struct redo_log *redo_log, uint64_t sequence, uint64_t offset,
    const void *octets, size_t length)
{
	return (sequence < 2 || give_spare(redo_log)) &&
	    fd_write_at(redo_log->fd, octets, length,
	    copy_offset(redo_log, sequence) + offset);
}

bool
redo_log_put(struct redo_log *redo_log, const struct redo_log_step *step)
{
	struct slot slot = {
		.id = redo_log->id,
		.sequence = step->sequence,
		.position = step->position,
		.length = step->length,
		.end = step->end,
		.is_last = step->is_last,
		.copy = step->copy,
	};

	slot.self = digest_of(&slot, offsetof(struct slot, self));
	return fd_write_at(redo_log->fd, &slot, sizeof(slot),
	    slot_offset(step->sequence));
}

bool
redo_log_sync(struct redo_log *redo_log)
{
	return fd_sync_data(redo_log->fd);
}

bool
redo_log_renew(struct redo_log *redo_log)
{
	char *buffer = malloc(BUFFER_SIZE);
	uint64_t at = 0;
	ssize_t n = 1;

	if (buffer == NULL)
		return false;
	if (!give_spare(redo_log))
		n = -1;
	while (n > 0) {
		n = fd_read_at(redo_log->fd, buffer, BUFFER_SIZE, at);
		if (n > 0 && !fd_write_at(redo_log->fd, buffer, (size_t)n, at))
			n = -1;
		at += n > 0 ? (uint64_t)n : 0;
	}
	free(buffer);
	return n == 0 && fd_sync(redo_log->fd);
}

bool
redo_log_clear(struct redo_log *redo_log)
{
	static const struct head none;

	return fd_write_at(redo_log->fd, &none, sizeof(none), HEAD_OFFSET) &&
	    fd_sync_data(redo_log->fd) && fd_truncate(redo_log->fd, 0);
}

/* --- setting aside ------------------------------------------------------ */

/* The head keeps everything else, for the human. */
bool
redo_log_set_aside(struct redo_log *redo_log)
{
	return fd_write_at(redo_log->fd, MAGIC_ASIDE, sizeof(MAGIC_ASIDE),
	    HEAD_OFFSET) && fd_sync_data(redo_log->fd);
}

bool
redo_log_look_aside(int fd, bool *is_aside)
{
	char magic[sizeof(MAGIC_ASIDE)];

	*is_aside = false;
	if (!read_at(fd, magic, sizeof(magic), HEAD_OFFSET))
		return errno == 0;
	*is_aside = memcmp(magic, MAGIC_ASIDE, sizeof(magic)) == 0;
	return true;
}
