/* What a crash has left in the redo log. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/min.h"
#include "maildrop/mbox/redo_log_format.h"

/* A plan of more ranges or segments than this was not written by us. */
#define COUNT_MAX ((uint64_t)1 << 32)

/* A record that cannot be read, with errno, is not one that was not written. */
enum found { FOUND, NOT_FOUND, UNREADABLE };

static enum found
read_at(int fd, void *at, size_t length, uint64_t offset)
{
	ssize_t n = fd_read_at(fd, at, length, offset);

	if (n == -1)
		return UNREADABLE;
	return n == (ssize_t)length ? FOUND : NOT_FOUND;
}

static bool
is_head(const struct redo_log_head *head)
{
	return memcmp(head->magic, MAGIC, sizeof(MAGIC)) == 0 &&
	    digest_equal(head->self,
	    digest_of(head, offsetof(struct redo_log_head, self))) &&
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

/* Reads the plan of a good head. */
static enum found
read_plan(int fd, const struct redo_log_head *head, struct redo_log_plan *plan)
{
	enum found found;

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
	if (plan->ranges == NULL || plan->segments == NULL)
		return UNREADABLE;
	found = read_at(fd, plan->ranges, ranges_size(plan), PLAN_OFFSET);
	if (found == FOUND)
		found = read_at(fd, plan->segments, segments_size(plan),
		    PLAN_OFFSET + ranges_size(plan));
	if (found == FOUND &&
	    !digest_equal(head->plan, redo_log_plan_digest(plan)))
		found = NOT_FOUND;
	return found;
}

/* Makes the digest of the copy of a step. */
static enum found
digest_copy(struct redo_log *redo_log, const struct redo_log_step *step,
    char *buffer, struct hasher *maker)
{
	enum found found = FOUND;

	hasher_init(maker);
	for (uint64_t at = 0; at < step->length && found == FOUND;) {
		size_t part = min_u64(step->length - at, BUFFER_SIZE);

		found = read_at(redo_log->fd, buffer, part,
		    copy_offset(redo_log, step->sequence) + at);
		if (found == FOUND)
			hasher_update(maker, buffer, part);
		at += part;
	}
	return found;
}

/* Whether the copy of the step is all there. */
static enum found
find_copy(struct redo_log *redo_log, const struct redo_log_step *step)
{
	struct hasher *maker = hasher_new();
	char *buffer = malloc(BUFFER_SIZE);
	enum found found = maker == NULL || buffer == NULL ? UNREADABLE
	    : digest_copy(redo_log, step, buffer, maker);
	int error = errno;

	if (found == FOUND && step->length > 0 &&
	    !digest_equal(hasher_final(maker), step->copy))
		found = NOT_FOUND;
	free(buffer);
	hasher_free(maker);
	errno = error;
	return found;
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
 * there. */
static enum found
read_step(struct redo_log *redo_log, unsigned place,
    struct redo_log_step *step)
{
	struct redo_log_slot slot;
	enum found found = read_at(redo_log->fd, &slot, sizeof(slot),
	    slot_offset(place));

	if (found != FOUND)
		return found;
	if (!digest_equal(slot.self,
	    digest_of(&slot, offsetof(struct redo_log_slot, self))) ||
	    !digest_equal(slot.id, redo_log->id) ||
	    slot.step.sequence % 2 != place ||
	    slot.step.length > redo_log->copy_room)
		return NOT_FOUND;
	*step = slot.step;
	return find_copy(redo_log, step);
}

/* False with errno. */
static bool
read_steps(struct redo_log *redo_log, struct redo_log_state *state)
{
	struct redo_log_step *steps = state->steps, swapped;

	state->step_count = 0;
	for (unsigned place = 0; place < 2; place++) {
		enum found found = read_step(redo_log, place,
		    &steps[state->step_count]);

		if (found == UNREADABLE)
			return false;
		state->step_count += found == FOUND;
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
	struct redo_log_head head;
	ssize_t length = fd_read_at(redo_log->fd, &head, sizeof(head),
	    HEAD_OFFSET);
	enum found found;

	*state = (struct redo_log_state){ 0 };
	if (length <= 0)
		return length == 0 ? REDO_LOG_EMPTY : REDO_LOG_FAILED;
	/* A plan that was not written whole was never begun. */
	if (length < (ssize_t)sizeof(head) || !is_head(&head))
		return REDO_LOG_REMAINS;
	found = read_plan(redo_log->fd, &head, &state->plan);
	if (found != FOUND) {
		redo_log_state_clear(state);
		return found == NOT_FOUND ? REDO_LOG_REMAINS : REDO_LOG_FAILED;
	}
	redo_log_set_plan(redo_log, &state->plan);
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
	struct redo_log_head head;
	enum found found = read_at(redo_log->fd, &head, sizeof(head),
	    HEAD_OFFSET);

	*is_active = found == FOUND && is_head(&head);
	if (*is_active)
		*owner = head.owner;
	return found != UNREADABLE;
}

bool
redo_log_copied(struct redo_log *redo_log, uint64_t sequence, uint64_t offset,
    void *data, size_t length)
{
	enum found found = read_at(redo_log->fd, data, length,
	    copy_offset(redo_log, sequence) + offset);

	if (found == NOT_FOUND)
		errno = EIO;
	return found == FOUND;
}

bool
redo_log_look_aside(int fd, bool *is_aside)
{
	char magic[sizeof(MAGIC_ASIDE)];
	enum found found = read_at(fd, magic, sizeof(magic), HEAD_OFFSET);

	*is_aside = found == FOUND &&
	    memcmp(magic, MAGIC_ASIDE, sizeof(magic)) == 0;
	return found != UNREADABLE;
}
