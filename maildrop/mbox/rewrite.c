#include "maildrop/mbox/rewrite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/min.h"
#include "maildrop/mbox/rewrite_work.h"

/* How much before the first change is checked to be what it was. */
#define EDGE_SIZE ((uint64_t)4096)

_Static_assert(REDO_LOG_SEGMENT <= WORK_BUFFER && EDGE_SIZE <= WORK_BUFFER,
    "what a digest is of must fit the buffer");

/* --- digests of the plan ------------------------------------------------ */

/* The digest of at most EDGE_SIZE octets of the file from `low` to `high`,
 * the last ones. */
static bool
edge_of(struct work *work, uint64_t low, uint64_t high, struct digest *edge)
{
	size_t length = min_u64(high - low, EDGE_SIZE);

	if (!work_read(work->fd, work->buffer, length, high - length))
		return false;
	*edge = digest_of(work->buffer, length);
	return true;
}

/* What stands right before the first change: nothing touches it. */
static bool
first_edge(struct work *work, struct digest *edge)
{
	return edge_of(work, 0, work->plan->start, edge);
}

/* The end of the old file, behind the marker: nothing touches it until the cut,
 * or until mail that was appended is moved over it. */
static bool
last_edge(struct work *work, struct digest *edge)
{
	return edge_of(work, work->plan->new_size + sizeof(work->plan->id),
	    work->plan->old_size, edge);
}

/* Lays over the `length` octets of the new file from `to` on, in the buffer,
 * what a step has a copy of. */
static bool
lay_copy(struct work *work, const struct redo_log_step *step, uint64_t to,
    size_t length)
{
	uint64_t low = to > step->position ? to : step->position;
	uint64_t high = min_u64(to + length, step->position + step->length);

	return low >= high || redo_log_copied(work->redo_log, step->sequence,
	    low - step->position, work->buffer + (low - to),
	    (size_t)(high - low));
}

/* The digest of segment `index` of the new file, as far as there are steps by
 * what they have copied. */
static bool
segment_of(struct work *work, size_t index, const struct redo_log_state *state,
    struct digest *segment)
{
	uint64_t to = work->plan->start + index * REDO_LOG_SEGMENT;
	uint64_t left = work->plan->new_size - to;
	size_t length = min_u64(left, REDO_LOG_SEGMENT);

	if (!work_read_new(work, to, work->buffer, length))
		return false;
	for (size_t i = 0; i < state->step_count; i++)
		if (!lay_copy(work, &state->steps[i], to, length))
			return false;
	*segment = digest_of(work->buffer, length);
	return true;
}

static bool
digest_plan(struct work *work, struct redo_log_plan *plan)
{
	static const struct redo_log_state no_steps;
	uint64_t moved = plan->new_size - plan->start;

	plan->segment_count = (size_t)((moved + REDO_LOG_SEGMENT - 1) /
	    REDO_LOG_SEGMENT);
	plan->segments = calloc(plan->segment_count + 1,
	    sizeof(*plan->segments));
	if (plan->segments == NULL || !first_edge(work, &plan->edges[0]) ||
	    !last_edge(work, &plan->edges[1]))
		return false;
	for (size_t i = 0; i < plan->segment_count; i++)
		if (!segment_of(work, i, &no_steps, &plan->segments[i]))
			return false;
	return getrandom(&plan->id, sizeof(plan->id), 0) == sizeof(plan->id);
}

/* --- running ------------------------------------------------------------ */

/* An empty file is the one end that needs no plan: cutting off anything else,
 * the system may clear the rest of the last block before the size is down. */
static bool
needs_no_plan(const struct work *work)
{
	struct stat status;

	return work->plan->new_size == 0 && fstat(work->fd, &status) == 0 &&
	    (uint64_t)status.st_size == work->plan->old_size;
}

static enum rewrite_status
truncate_all(int fd)
{
	if (!fd_truncate(fd, 0))
		return REWRITE_UNDONE;
	return fd_sync(fd) ? REWRITE_DONE : REWRITE_INTERRUPTED;
}

/* From the redo log's begin on, a failure is met with one try to go on from
 * what is on the disk, as the next session would. */
static enum rewrite_status
run(struct work *work, struct redo_log_plan *plan)
{
	int error;

	/* mail that an agent left to the system to write is in the plan */
	if (!work_begin(work) || !work_sync(work) || !digest_plan(work, plan))
		return REWRITE_UNDONE;
	/* the log first: who is killed in between has left a trace */
	if (!redo_log_take_room(work->redo_log, plan) ||
	    !work_take_room(work) || !redo_log_begin(work->redo_log, plan) ||
	    !work_give_room(work, plan->start)) {
		error = errno;
		work_give_room(work, plan->start + work_room(plan));
		redo_log_clear(work->redo_log);
		errno = error;
		return REWRITE_UNDONE;
	}
	if (work_finish(work))
		return REWRITE_DONE;
	error = errno;
	if (rewrite_recover(work->fd, work->redo_log) == REWRITE_DONE)
		return REWRITE_DONE;
	errno = error;
	return REWRITE_INTERRUPTED;
}

enum rewrite_status
rewrite_run(int fd, struct redo_log *redo_log, struct redo_log_plan *plan)
{
	struct work work = {
		.fd = fd,
		.redo_log = redo_log,
		.plan = plan,
		.end = plan->old_size,
		.position = plan->start,
	};
	enum rewrite_status status;

	if (needs_no_plan(&work))
		return truncate_all(fd);
	status = run(&work, plan);
	work_end(&work);
	return status;
}

/* --- recovery ----------------------------------------------------------- */

/* Whether the end of the old file must still be as it was. A step without a
 * copy that moves mail that was appended may be on its way over it. */
static bool
has_last_edge(const struct redo_log_plan *plan,
    const struct redo_log_state *state)
{
	for (size_t i = 0; i < state->step_count; i++) {
		const struct redo_log_step *step = &state->steps[i];

		if (step->is_last || step->end > plan->old_size ||
		    step->position + step->length > plan->new_size)
			return false;
	}
	return true;
}

/* Whether all that is finished, copied or still to be moved is what the plan
 * knows. */
static bool
is_ours(struct work *work, const struct redo_log_state *state, bool *known)
{
	const struct redo_log_plan *plan = work->plan;
	struct digest digest;

	*known = false;
	if (!first_edge(work, &digest))
		return false;
	*known = digest_equal(digest, plan->edges[0]);
	if (*known && has_last_edge(plan, state)) {
		if (!last_edge(work, &digest))
			return false;
		*known = digest_equal(digest, plan->edges[1]);
	}
	for (size_t i = 0; *known && i < plan->segment_count; i++) {
		if (!segment_of(work, i, state, &digest))
			return false;
		*known = digest_equal(digest, plan->segments[i]);
	}
	return true;
}

/*
 * Whether the end has been cut off already: the file is shorter, or mail was
 * appended where the marker was. Mail begins with no NUL; those are there if
 * the system cleared the rest of a block for a cut that did not reach the
 * disk.
 */
static bool
is_cut(struct work *work, uint64_t size, bool *was_cut)
{
	char marker[sizeof(work->plan->id)], at[sizeof(marker)];

	*was_cut = size < work->end;
	if (*was_cut)
		return true;
	if (!work_read(work->fd, at, sizeof(at), work_new_end(work)))
		return false;
	memcpy(marker, &work->plan->id, sizeof(marker));
	for (size_t i = 0; i < sizeof(marker); i++)
		*was_cut |= at[i] != marker[i] && at[i] != '\0';
	return true;
}

/* Cuts the file where it ends, so that after a sync that failed the next one
 * has something to do. */
static bool
sync_size(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 &&
	    fd_truncate(fd, (uint64_t)status.st_size) && fd_sync(fd);
}

static enum rewrite_status
set_aside(struct work *work)
{
	return redo_log_set_aside(work->redo_log) ? REWRITE_FOREIGN
	    : REWRITE_INTERRUPTED;
}

/* Goes on from the steps that the redo log holds. */
static enum rewrite_status
resume(struct work *work, const struct redo_log_state *state)
{
	for (size_t i = 0; i < state->step_count; i++) {
		const struct redo_log_step *step = &state->steps[i];

		if (!work_apply_copy(work, step))
			return REWRITE_INTERRUPTED;
		work->position = step->position + step->length;
		work->sequence = step->sequence + 1;
	}
	/* the next step will write over one of the copies */
	return work_sync(work) && work_finish(work) ? REWRITE_DONE
	    : REWRITE_INTERRUPTED;
}

/* Goes on if the file is the one that the plan knows; if its end was cut off
 * already, there is nothing left to do. */
static enum rewrite_status
recover_known(struct work *work, const struct redo_log_state *state,
    uint64_t size, bool was_cut)
{
	bool known;

	if (!was_cut)
		work->end = size;
	if (size < work_new_end(work))
		return set_aside(work);
	if (!is_ours(work, state, &known))
		return REWRITE_INTERRUPTED;
	if (!known)
		return set_aside(work);
	if (!was_cut)
		return resume(work, state);
	return sync_size(work->fd) && redo_log_clear(work->redo_log)
	    ? REWRITE_DONE : REWRITE_INTERRUPTED;
}

static enum rewrite_status
recover(struct work *work, const struct redo_log_state *state)
{
	const struct redo_log_step *last = state->step_count == 0 ? NULL
	    : &state->steps[state->step_count - 1];
	struct stat status;
	uint64_t size;
	bool was_cut = false;

	/* A process that was killed, or whose sync failed, leaves more to be
	 * seen than is on the disk: what is decided here must be true there. */
	if (!work_begin(work) || !fd_sync(work->fd) ||
	    !redo_log_renew(work->redo_log) || fstat(work->fd, &status) == -1)
		return REWRITE_INTERRUPTED;
	size = (uint64_t)status.st_size;
	work->end = work->plan->old_size;
	if (last != NULL) {
		work->position = last->position;
		work->end = last->end;
	}
	if ((uint64_t)status.st_ino != work->plan->inode)
		return set_aside(work);
	if (last != NULL && last->is_last && !is_cut(work, size, &was_cut))
		return REWRITE_INTERRUPTED;
	if (!was_cut && size < work->end)
		return set_aside(work);
	return recover_known(work, state, size, was_cut);
}

enum rewrite_status
rewrite_recover(int fd, struct redo_log *redo_log)
{
	struct redo_log_state state;
	struct work work = { .fd = fd, .redo_log = redo_log };
	enum rewrite_status status;

	switch (redo_log_load(redo_log, &state)) {
	case REDO_LOG_EMPTY:
		return REWRITE_DONE;
	case REDO_LOG_REMAINS:
		return work_give_all_room(fd) && redo_log_clear(redo_log)
		    ? REWRITE_DONE : REWRITE_INTERRUPTED;
	case REDO_LOG_FAILED:
		return REWRITE_INTERRUPTED;
	case REDO_LOG_SENSELESS:
		return redo_log_set_aside(redo_log) ? REWRITE_FOREIGN
		    : REWRITE_INTERRUPTED;
	case REDO_LOG_ACTIVE:
		break;
	}
	work.plan = &state.plan;
	work.position = state.plan.start;
	errno = ENOENT;		/* its file system may be mounted later */
	status = fd == -1 ? REWRITE_INTERRUPTED : recover(&work, &state);
	work_end(&work);
	redo_log_state_clear(&state);
	return status;
}
