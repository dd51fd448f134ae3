/*
 * Takes ranges out of a file, in place (no mbox knowledge here).
 *
 * In place, because a delivery agent that has opened the file and waits for
 * its lock must find its mail in the mailbox afterwards, and because users may
 * make no files in the spool directory.
 */
#ifndef MAILDROP_REWRITE_H
#define MAILDROP_REWRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A piece of the file that stays, and moves towards its start. */
struct rewrite_range {
	uint64_t from, length;
};

/* The whole change: what stands before `start` stays where it is, the ranges
 * follow it one after the other, and that is all of the new file. They are in
 * the order of the file and do not overlap. */
struct rewrite {
	uint64_t start;
	struct rewrite_range *ranges;
	size_t count;
};

/* The length of the file afterwards. */
uint64_t rewrite_length(const struct rewrite *);

/* Does it, durably. The file's lock is held. False with errno. */
bool rewrite_run(int fd, const struct rewrite *);

#endif
