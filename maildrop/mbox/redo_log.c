#include "maildrop/mbox/redo_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/fd.h"
#include "maildrop/mbox/redo_log_format.h"

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

static uint64_t
whole_blocks(uint64_t length)
{
	return (length + BLOCK - 1) / BLOCK * BLOCK;
}

void
redo_log_set_plan(struct redo_log *redo_log, const struct redo_log_plan *plan)
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

struct digest
redo_log_plan_digest(const struct redo_log_plan *plan)
{
	struct digest parts[2] = {
		digest_of(plan->ranges, ranges_size(plan)),
		digest_of(plan->segments, segments_size(plan)),
	};

	return digest_of(parts, sizeof(parts));
}

static bool
write_head(struct redo_log *redo_log, const struct redo_log_plan *plan)
{
	struct redo_log_head head = {
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
		.plan = redo_log_plan_digest(plan),
	};

	head.self = digest_of(&head, offsetof(struct redo_log_head, self));
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
redo_log_take_room(struct redo_log *redo_log, const struct redo_log_plan *plan)
{
	redo_log_set_plan(redo_log, plan);
	return fd_truncate(redo_log->fd, 0) && take_space(redo_log);
}

bool
redo_log_begin(struct redo_log *redo_log, const struct redo_log_plan *plan)
{
	return fd_write_at(redo_log->fd, plan->ranges, ranges_size(plan),
	    PLAN_OFFSET) &&
	    fd_write_at(redo_log->fd, plan->segments, segments_size(plan),
	    PLAN_OFFSET + ranges_size(plan)) &&
	    write_head(redo_log, plan) && fd_sync(redo_log->fd);
}

bool
redo_log_copy(struct redo_log *redo_log, uint64_t sequence, uint64_t offset,
    const void *data, size_t length)
{
	return (sequence < 2 || give_spare(redo_log)) &&
	    fd_write_at(redo_log->fd, data, length,
	    copy_offset(redo_log, sequence) + offset);
}

bool
redo_log_put(struct redo_log *redo_log, const struct redo_log_step *step)
{
	struct redo_log_slot slot = { .id = redo_log->id, .step = *step };

	slot.self = digest_of(&slot, offsetof(struct redo_log_slot, self));
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
	static const struct redo_log_head none;

	return fd_write_at(redo_log->fd, &none, sizeof(none), HEAD_OFFSET) &&
	    fd_sync_data(redo_log->fd) && fd_truncate(redo_log->fd, 0);
}

/* The head keeps everything else, for the human. */
bool
redo_log_set_aside(struct redo_log *redo_log)
{
	return fd_write_at(redo_log->fd, MAGIC_ASIDE, sizeof(MAGIC_ASIDE),
	    HEAD_OFFSET) && fd_sync_data(redo_log->fd);
}
