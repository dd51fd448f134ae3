/*
 * A place among the processes that hash passwords at one time. Modern hashes
 * take much memory, and time that others must not see: so there are as many
 * places as processors, or some times that, over all processes with the same
 * directory.
 */
#ifndef AUTH_HASH_SLOT_H
#define AUTH_HASH_SLOT_H

#include <stdbool.h>

#define HASH_SLOTS_MAX 16
#define HASH_SLOT_WAIT_MILLISECONDS 20000

/* Taken: a descriptor whose lock is the place; or that there is no file for it,
 * and so no limit, which is logged. */
struct hash_slot {
	int fd;			/* or -1 */
};

/* Waits for a place among those of the directory, which is made if need be: so
 * many for each processor of at most HASH_SLOTS_MAX. False after a log line, if
 * none was free in time. */
bool hash_slot_take(struct hash_slot *, const char *directory,
    unsigned per_processor);
void hash_slot_drop(struct hash_slot *);

#endif
