/*
 * The work of a rewrite: where things were and will be, and the steps. What
 * rewrite.c (the update, and its recovery) is made of.
 *
 * False comes with errno.
 */
#ifndef MAILDROP_MBOX_REWRITE_WORK_H
#define MAILDROP_MBOX_REWRITE_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "maildrop/mbox/redo_log.h"

/* How much is read at a time. */
#define WORK_BUFFER ((uint64_t)1 << 20)

struct work {
	int fd;
	struct redo_log *redo_log;
	const struct redo_log_plan *plan;
	uint64_t end;		/* of the old file and what was appended */
	uint64_t position;	/* the new file is finished up to here */
	uint64_t sequence;	/* of the next step */
	bool has_unsynced;	/* the last step wrote from its copy */
	bool keeps_room;
	struct hasher *maker;
	char *buffer;		/* WORK_BUFFER */
};

/* Fills in the rest of a work whose first fields are set. */
bool work_begin(struct work *);
void work_end(struct work *);

/* The length of the new file, with what was appended to the old one. */
uint64_t work_new_end(const struct work *);

/* Reads `length` octets of the file: all of them, or EIO. */
bool work_read(int fd, char *at, size_t length, uint64_t offset);

/* Reads `length` octets of the new file at `to`: where they are already, or
 * where they still are. */
bool work_read_new(struct work *, uint64_t to, char *at, size_t length);

/* Takes the disk space that the steps need where nothing is written to its own
 * place; gives back what they have not used, when the new file is finished up
 * to `to`. */
uint64_t work_room(const struct redo_log_plan *);
bool work_take_room(const struct work *);
bool work_give_room(const struct work *, uint64_t to);

/* Gives back what was taken by an update that did not begin, of a file that has
 * not grown by half a GiB since; -1 is none. */
bool work_give_all_room(int fd);

/* Writes the copy of a step to its place. */
bool work_apply_copy(struct work *, const struct redo_log_step *);

bool work_sync(struct work *);

/* Moves all that is left, puts the commit marker and cuts the file off. */
bool work_finish(struct work *);

#endif
