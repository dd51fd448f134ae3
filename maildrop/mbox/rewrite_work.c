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
#include "maildrop/mbox/rewrite_work.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/min.h"

/* From this gap on, steps go without a copy. */
#ifndef WIDE_GAP
#define WIDE_GAP ((uint64_t)8 << 20)
#endif

/* Where room is kept, if it must be: so far behind the end that nothing is
 * appended there. The size of its parts, of which there is one more than what
 * is moved needs, for what is written beside. */
#define ROOM_GAP ((uint64_t)1 << 30)
#define ROOM_PART ((uint64_t)1 << 20)

/* --- old places and new ones -------------------------------------------- */

/* The length of the new file, with what was appended to the old one. */
uint64_t
work_new_end(const struct work *work)
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
		*length = work_new_end(work) - to;
		return plan->old_size + (to - plan->new_size);
	}
	range = find_range(plan, to);
	*length = range->to + range->length - to;
	return range->from + (to - range->to);
}

bool
work_read(int fd, char *at, size_t length, uint64_t offset)
{
	ssize_t n = fd_read_at(fd, at, length, offset);

	if (n >= 0 && (size_t)n < length)
		errno = EIO;	/* the file was cut under our lock */
	return n == (ssize_t)length;
}

/* Reads `length` octets of the new file at `to`: where they are already, or
 * where they still are. */
bool
work_read_new(struct work *work, uint64_t to, char *at, size_t length)
{
	while (length > 0) {
		uint64_t side_by_side = work->position - to, from = to;
		size_t part;

		if (to >= work->position)
			from = source_of(work, to, &side_by_side);
		part = min_u64(length, side_by_side);
		if (!work_read(work->fd, at, part, from))
			return false;
		to += part;
		at += part;
		length -= part;
	}
	return true;
}

/* --- room ---------------------------------------------------------------- */

uint64_t
work_room(const struct redo_log_plan *plan)
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
	uint64_t length = ROOM_PART + work_room(work->plan);
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
bool
work_take_room(const struct work *work)
{
	return fd_take_room(work->fd, work->plan->start,
	    work_room(work->plan)) && (!work->keeps_room || keep_room(work));
}

/* Gives back what was taken for the new file as far as `to`. If the file
 * reaches there, mail was appended. */
bool
work_give_room(const struct work *work, uint64_t to)
{
	uint64_t offset = room_offset(work->plan);
	uint64_t parts = (to - work->plan->start + ROOM_PART - 1) / ROOM_PART;

	return !work->keeps_room || work->end > offset ||
	    fd_give_room(work->fd, offset, (1 + parts) * ROOM_PART);
}

bool
work_give_all_room(int fd)
{
	struct stat status;
	uint64_t offset;

	if (fd == -1 || !fd_writes_elsewhere(fd))
		return true;
	if (fstat(fd, &status) == -1)
		return false;
	offset = (uint64_t)status.st_size + ROOM_GAP / 2;
	return fd_give_room(fd, offset, INT64_MAX - offset);
}

/* --- steps -------------------------------------------------------------- */

/* Everything up to `position` is on the disk after this. */
bool
work_sync(struct work *work)
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
	return work_sync(work) && redo_log_put(work->redo_log, &step) &&
	    redo_log_sync(work->redo_log);
}

/* Moves `length` octets over a gap that is at least as wide. */
static bool
move_wide(struct work *work, uint64_t length)
{
	if (!note(work, false) ||
	    !work_give_room(work, work->position + length))
		return false;
	for (uint64_t end = work->position + length; work->position < end;) {
		size_t part = min_u64(end - work->position, WORK_BUFFER);

		if (!work_read_new(work, work->position, work->buffer, part) ||
		    !fd_write_at(work->fd, work->buffer, part,
		    work->position))
			return false;
		work->position += part;
	}
	return work_sync(work);
}

/* Copies the step's octets to the redo log and notes their digest. */
static bool
copy_to_redo_log(struct work *work, struct redo_log_step *step)
{
	hasher_init(work->maker);
	for (uint64_t done = 0; done < step->length;) {
		size_t part = min_u64(step->length - done, WORK_BUFFER);

		if (!work_read_new(work, step->position + done, work->buffer,
		    part))
			return false;
		hasher_update(work->maker, work->buffer, part);
		if (!redo_log_copy(work->redo_log, step->sequence, done,
		    work->buffer, part))
			return false;
		done += part;
	}
	step->copy = hasher_final(work->maker);
	return true;
}

/* Writes the copy of a step to its new place. */
bool
work_apply_copy(struct work *work, const struct redo_log_step *step)
{
	if (!work_give_room(work, step->position + step->length))
		return false;
	for (uint64_t done = 0; done < step->length;) {
		size_t part = min_u64(step->length - done, WORK_BUFFER);

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
	    (work->has_unsynced && !work_sync(work)) ||
	    !redo_log_sync(work->redo_log) || !work_apply_copy(work, &step))
		return false;
	work->position += length;
	return true;
}

static bool
move_step(struct work *work)
{
	uint64_t left = work_new_end(work) - work->position, side_by_side;
	uint64_t gap = source_of(work, work->position, &side_by_side) -
	    work->position;
	uint64_t room = redo_log_copy_room(work->redo_log);
	/* the marker must not meet the last step's sources either */
	uint64_t safe = gap - sizeof(work->plan->id);

	if (gap >= WIDE_GAP)
		return move_wide(work, min_u64(left, safe));
	return move_narrow(work, min_u64(left, room));
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
	while (work->position < work_new_end(work))
		if (!move_step(work))
			return false;
	return true;
}

/* Whether the old end has been cut off must show later, even when mail has been
 * appended since: so a marker that no mail contains is put where the new file
 * ends, and goes with what is cut off. */
static bool
put_marker(struct work *work)
{
	uint64_t size = work_new_end(work);

	return work_give_room(work, size + sizeof(work->plan->id)) &&
	    fd_write_at(work->fd, &work->plan->id, sizeof(work->plan->id),
	    size) && note(work, true);
}

/* The last look is right before the cut: what is appended between those two is
 * lost with the old end. */
bool
work_finish(struct work *work)
{
	bool has_grown;

	do {
		if (!move_all(work) || !put_marker(work) ||
		    !look_again(work, &has_grown))
			return false;
	} while (has_grown);
	return fd_truncate(work->fd, work_new_end(work)) && fd_sync(work->fd) &&
	    redo_log_clear(work->redo_log);
}

bool
work_begin(struct work *work)
{
	work->keeps_room = fd_writes_elsewhere(work->fd);
	work->maker = hasher_new();
	work->buffer = fd_buffer(WORK_BUFFER);
	return work->maker != NULL && work->buffer != NULL;
}

void
work_end(struct work *work)
{
	int error = errno;

	hasher_free(work->maker);
	free(work->buffer);
	errno = error;
}
