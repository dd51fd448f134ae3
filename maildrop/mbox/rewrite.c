/*
 * Each step moves the octets that the new file has from `position` on. Before
 * a step writes to the file, what it will destroy must be safe:
 *
 *  - A wide gap between the old place and the new one: the step is no longer
 *    than the gap, so it destroys no source of its own or of later steps. Its
 *    note says "finished up to here", and is made once that is so on the disk.
 *  - A narrow gap: the octets are copied to the redo log with the note, and
 *    only then to their new place. The step before it may still be on its way
 *    to the disk, for its copy is whole, too.
 */
#include "maildrop/mbox/rewrite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

/* From this gap on, steps go without a copy. */
#ifndef WIDE_GAP
#define WIDE_GAP ((uint64_t)8 << 20)
#endif

/* Where room is kept, if it must be: so far behind the end that nothing is
 * appended there. The size of its parts, of which there is one more than what
 * is moved needs, for what is written beside. */
#define ROOM_GAP ((uint64_t)1 << 30)
#define ROOM_PART ((uint64_t)1 << 20)

/* How much is read at a time. */
#define BUFFER_SIZE ((uint64_t)1 << 20)

/* How much before the first change is checked to be what it was. */
#define EDGE_SIZE ((uint64_t)4096)

_Static_assert(REDO_LOG_SEGMENT <= BUFFER_SIZE && EDGE_SIZE <= BUFFER_SIZE,
    "what a digest is of must fit the buffer");

struct work {
	int fd;
	struct redo_log *redo_log;
	const struct redo_log_plan *plan;
	uint64_t end;		/* of the old file and what was appended */
	uint64_t position;	/* the new file is finished up to here */
	uint64_t sequence;	/* of the next step */
	bool has_unsynced;	/* the last step wrote from its copy */
	bool keeps_room;
	struct digest_maker *maker;
	char *buffer;		/* BUFFER_SIZE */
};

/* --- old places and new ones -------------------------------------------- */

/* The length of the new file, with what was appended to the old one. */
static uint64_t
new_end(const struct work *work)
{
	return work->plan->new_size + (work->end - work->plan->old_size);
}

/* The range of the plan that holds the new file's octet `to`, which is before
 * new_size. */
static const struct redo_log_range *
find_range(const struct redo_log_plan *plan, uint64_t to)
{
	size_t low = 0, high = plan->range_count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (plan->ranges[middle].to <= to)
			low = middle;
		else
			high = middle;
	}
	return &plan->ranges[low];
}

/* Where the new file's octet `to` was in the old one; *length is how many from
 * there on are side by side in both. */
static uint64_t
source_of(const struct work *work, uint64_t to, uint64_t *length)
{
	const struct redo_log_plan *plan = work->plan;
	const struct redo_log_range *range;

	if (to >= plan->new_size) {
		*length = new_end(work) - to;
		return plan->old_size + (to - plan->new_size);
	}
	range = find_range(plan, to);
	*length = range->to + range->length - to;
	return range->from + (to - range->to);
}

static bool
read_whole(int fd, char *at, size_t length, uint64_t offset)
{
	ssize_t n = fd_read_at(fd, at, length, offset);

	if (n >= 0 && (size_t)n < length)
		errno = EIO;	/* the file was cut under our lock */
	return n == (ssize_t)length;
}

/* Reads `length` octets of the new file at `to`: where they are already, or
 * where they still are. */
static bool
read_new(struct work *work, uint64_t to, char *at, size_t length)
{
	while (length > 0) {
		uint64_t side_by_side = work->position - to, from = to;
		size_t part = length;

		if (to >= work->position)
			from = source_of(work, to, &side_by_side);
		if (part > side_by_side)
			part = (size_t)side_by_side;
		if (!read_whole(work->fd, at, part, from))
			return false;
		to += part;
		at += part;
		length -= part;
	}
	return true;
}

static size_t
buffer_part(uint64_t left)
{
	return (size_t)(left < BUFFER_SIZE ? left : BUFFER_SIZE);
}

/* --- room ---------------------------------------------------------------- */

static uint64_t
room_length(const struct redo_log_plan *plan)
{
	return plan->new_size + sizeof(plan->id) - plan->start;
}

/* A whole number of parts: of one that is punched but for a block, none is
 * given back. */
static uint64_t
room_offset(const struct redo_log_plan *plan)
{
	return (plan->old_size + ROOM_GAP) / ROOM_PART * ROOM_PART;
}

/* In parts, as btrfs gives nothing of a piece back but all of it. */
static bool
keep_room(const struct work *work)
{
	uint64_t length = ROOM_PART + room_length(work->plan);
	bool done = true;

	for (uint64_t at = 0; done && at < length; at += ROOM_PART)
		done = fd_take_room(work->fd, room_offset(work->plan) + at,
		    ROOM_PART);
	return done;
}

/*
 * What is written over needs new room if there is a hole, if a copy shares the
 * blocks (a snapshot), or if the file system writes nothing to its own place.
 * In that last case as much is kept behind the end as will be written, and each
 * step gives its part back; what is left goes with the cut.
 */
static bool
take_room(const struct work *work)
{
	return fd_take_room(work->fd, work->plan->start,
	    room_length(work->plan)) && (!work->keeps_room || keep_room(work));
}

/* Gives back what was taken for the new file as far as `to`. If the file
 * reaches there, mail was appended. */
static bool
give_room(const struct work *work, uint64_t to)
{
	uint64_t offset = room_offset(work->plan);
	uint64_t parts = (to - work->plan->start + ROOM_PART - 1) / ROOM_PART;

	return !work->keeps_room || work->end > offset ||
	    fd_give_room(work->fd, offset, (1 + parts) * ROOM_PART);
}

/* --- steps -------------------------------------------------------------- */

/* Everything up to `position` is on the disk after this. */
static bool
sync_file(struct work *work)
{
	work->has_unsynced = false;
	return fd_sync_data(work->fd);
}

static struct redo_log_step
next_step(struct work *work)
{
	return (struct redo_log_step){
		.sequence = work->sequence++,
		.position = work->position,
		.end = work->end,
	};
}

/* Notes where we are, durably and truly: the file comes first. */
static bool
note(struct work *work, bool is_last)
{
	struct redo_log_step step = next_step(work);

	step.is_last = is_last;
	return sync_file(work) && redo_log_put(work->redo_log, &step) &&
	    redo_log_sync(work->redo_log);
}

/* Moves `length` octets over a gap that is at least as wide. */
static bool
move_wide(struct work *work, uint64_t length)
{
	if (!note(work, false) || !give_room(work, work->position + length))
		return false;
	for (uint64_t end = work->position + length; work->position < end;) {
		size_t part = buffer_part(end - work->position);

		if (!read_new(work, work->position, work->buffer, part) ||
		    !fd_write_at(work->fd, work->buffer, part,
		    work->position))
			return false;
		work->position += part;
	}
	return sync_file(work);
}

/* Copies the step's octets to the redo log and notes their digest. */
static bool
copy_to_redo_log(struct work *work, struct redo_log_step *step)
{
	digest_begin(work->maker);
	for (uint64_t done = 0; done < step->length;) {
		size_t part = buffer_part(step->length - done);

		if (!read_new(work, step->position + done, work->buffer, part))
			return false;
		digest_add(work->maker, work->buffer, part);
		if (!redo_log_copy(work->redo_log, step->sequence, done,
		    work->buffer, part))
			return false;
		done += part;
	}
	step->copy = digest_end(work->maker);
	return true;
}

/* Writes the copy of a step to its new place. */
static bool
apply_copy(struct work *work, const struct redo_log_step *step)
{
	if (!give_room(work, step->position + step->length))
		return false;
	for (uint64_t done = 0; done < step->length;) {
		size_t part = buffer_part(step->length - done);

		if (!redo_log_copied(work->redo_log, step->sequence, done,
		    work->buffer, part) ||
		    !fd_write_at(work->fd, work->buffer, part,
		    step->position + done))
			return false;
		done += part;
	}
	/* starts the disk on it; the sync comes with the next step */
	sync_file_range(work->fd, (off_t)step->position, (off_t)step->length,
	    SYNC_FILE_RANGE_WRITE);
	work->has_unsynced = true;
	return true;
}

/* Moves `length` octets by way of the redo log. */
static bool
move_narrow(struct work *work, uint64_t length)
{
	struct redo_log_step step = next_step(work);

	step.length = length;
	if (!copy_to_redo_log(work, &step) ||
	    !redo_log_put(work->redo_log, &step) ||
	    (work->has_unsynced && !sync_file(work)) ||
	    !redo_log_sync(work->redo_log) || !apply_copy(work, &step))
		return false;
	work->position += length;
	return true;
}

static bool
move_step(struct work *work)
{
	uint64_t left = new_end(work) - work->position, side_by_side;
	uint64_t gap = source_of(work, work->position, &side_by_side) -
	    work->position;
	uint64_t room = redo_log_copy_room(work->redo_log);
	/* the mark must not meet the last step's sources either */
	uint64_t safe = gap - sizeof(work->plan->id);

	if (gap >= WIDE_GAP)
		return move_wide(work, left < safe ? left : safe);
	return move_narrow(work, left < room ? left : room);
}

/* Takes along what was appended meanwhile: some deliver without a lock. */
static bool
look_again(struct work *work, bool *has_grown)
{
	struct stat status;

	if (fstat(work->fd, &status) == -1)
		return false;
	*has_grown = (uint64_t)status.st_size > work->end;
	if (*has_grown)
		work->end = (uint64_t)status.st_size;
	return true;
}

static bool
move_all(struct work *work)
{
	while (work->position < new_end(work))
		if (!move_step(work))
			return false;
	return true;
}

/* Whether the old end has been cut off must show later, even when mail has been
 * appended since: so a mark that no mail contains is put where the new file
 * ends, and goes with what is cut off. */
static bool
put_mark(struct work *work)
{
	uint64_t size = new_end(work);

	return give_room(work, size + sizeof(work->plan->id)) &&
	    fd_write_at(work->fd, &work->plan->id, sizeof(work->plan->id),
	    size) && note(work, true);
}

/* The last look is right before the cut: what is appended between those two is
 * lost with the old end. */
static bool
finish(struct work *work)
{
	bool has_grown;

	do {
		if (!move_all(work) || !put_mark(work) ||
		    !look_again(work, &has_grown))
			return false;
	} while (has_grown);
	return fd_truncate(work->fd, new_end(work)) && fd_sync(work->fd) &&
	    redo_log_clear(work->redo_log);
}

static bool
work_begin(struct work *work)
{
	work->keeps_room = fd_writes_elsewhere(work->fd);
	work->maker = digest_new();
	work->buffer = fd_buffer(BUFFER_SIZE);
	return work->maker != NULL && work->buffer != NULL;
}

static void
work_end(struct work *work)
{
	int error = errno;

	digest_free(work->maker);
	free(work->buffer);
	errno = error;
}

/* --- digests of the plan ------------------------------------------------ */

/* The digest of at most EDGE_SIZE octets of the file from `low` to `high`,
 * the last ones. */
static bool
edge_of(struct work *work, uint64_t low, uint64_t high, struct digest *edge)
{
	size_t length = (size_t)(high - low < EDGE_SIZE ? high - low
	    : EDGE_SIZE);

	if (!read_whole(work->fd, work->buffer, length, high - length))
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

/* The end of the old file, behind the mark: nothing touches it until the cut,
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
	uint64_t high = to + length < step->position + step->length
	    ? to + length : step->position + step->length;

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
	size_t length = (size_t)(left < REDO_LOG_SEGMENT ? left
	    : REDO_LOG_SEGMENT);

	if (!read_new(work, to, work->buffer, length))
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
	if (!work_begin(work) || !sync_file(work) || !digest_plan(work, plan))
		return REWRITE_UNDONE;
	if (!take_room(work) || !redo_log_begin(work->redo_log, plan) ||
	    !give_room(work, plan->start)) {
		error = errno;
		give_room(work, plan->start + room_length(plan));
		redo_log_clear(work->redo_log);
		errno = error;
		return REWRITE_UNDONE;
	}
	if (finish(work))
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
 * appended where the mark was. Mail begins with no NUL; those are there if the
 * system cleared the rest of a block for a cut that did not reach the disk.
 */
static bool
is_cut(struct work *work, uint64_t size, bool *was_cut)
{
	char mark[sizeof(work->plan->id)], at[sizeof(mark)];

	*was_cut = size < work->end;
	if (*was_cut)
		return true;
	if (!read_whole(work->fd, at, sizeof(at), new_end(work)))
		return false;
	memcpy(mark, &work->plan->id, sizeof(mark));
	for (size_t i = 0; i < sizeof(mark); i++)
		*was_cut |= at[i] != mark[i] && at[i] != '\0';
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

		if (!apply_copy(work, step))
			return REWRITE_INTERRUPTED;
		work->position = step->position + step->length;
		work->sequence = step->sequence + 1;
	}
	/* the next step will write over one of the copies */
	return sync_file(work) && finish(work) ? REWRITE_DONE
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
	if (size < new_end(work))
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
		return redo_log_clear(redo_log) ? REWRITE_DONE
		    : REWRITE_INTERRUPTED;
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
