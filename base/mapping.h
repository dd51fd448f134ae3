/*
 * A part of a file in memory, for reading.
 *
 *	mapping_open		or mapping_guard, for memory of the caller's
 *	  its octets
 *	mapping_close		or mapping_unguard
 *
 * To look at the kernel's own copy of a file takes half the time of reading it.
 * But others may cut the file meanwhile, and disks fail: the kernel tells of
 * that by SIGBUS. Between these calls its handler lets what is gone be NULs,
 * and the second call says so. One mapping at a time.
 */
#ifndef BASE_MAPPING_H
#define BASE_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mapping {
	const char *at;
	size_t length;
	void *pages;		/* that they are in, and how many octets */
	size_t size;		/* of them from the first on */
};

/* Maps `length` octets, which are some, from `offset` on, wherever the file
 * ends. False with errno. */
bool mapping_open(struct mapping *, int fd, uint64_t offset, size_t length);

/* Whether all of it was there. */
bool mapping_close(const struct mapping *);

/* The same for memory that is mapped already, at whole pages. */
void mapping_guard(const void *at, size_t length);
bool mapping_unguard(void);

#endif
