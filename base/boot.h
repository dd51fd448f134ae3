/*
 * Which boot of the kernel this is. What was seen in another one proves nothing
 * of files: a power cut may have left other data under the same times.
 */
#ifndef BASE_BOOT_H
#define BASE_BOOT_H

#include <stdbool.h>
#include <time.h>

/* 32 hexadecimal digits and a NUL. */
#define BOOT_ID_SIZE 33

/*
 * Fills in the id, which no two boots share: the kernel's (random(4)), or,
 * where /proc does not show it, what the environment variable BOOT_ID says (%b
 * in a unit, systemd.unit(5)). False if neither tells; the id is empty then.
 * The first call opens a file; what it has found is known to children, too.
 */
bool boot_id(char id[BOOT_ID_SIZE]);

/*
 * Whether this boot began after `time`, which is of a file on a local disk. The
 * clock may have been set since, or have stood still with the whole machine: so
 * the boot must be the later one by the clock of today and by that of then.
 * False where that cannot be told: the clock of then is known by the time at
 * which /sys was mounted, and a container or a service may have one of its own.
 */
bool boot_is_after(const struct timespec *time);

#endif
