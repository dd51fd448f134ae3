/*
 * Memory that is mapped from a file, for reading.
 *
 *	mapping_guard
 *	  its octets
 *	mapping_unguard
 *
 * Others may cut the file meanwhile, and disks fail: the kernel tells of that
 * by SIGBUS. Between these calls its handler lets what is gone be NULs, and the
 * second call says so. One mapping at a time.
 */
#ifndef BASE_MAPPING_H
#define BASE_MAPPING_H

#include <stdbool.h>
#include <stddef.h>

/* Begins, at whole pages. */
void mapping_guard(const void *at, size_t length);

/* Ends; whether all of it was there. */
bool mapping_unguard(void);

#endif
