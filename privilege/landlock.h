/* The file system and the network as a process may still reach them
 * (landlock(7)). What is open stays open. */
#ifndef PRIVILEGE_LANDLOCK_H
#define PRIVILEGE_LANDLOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/rights.h"

/* The version of its interface that this kernel has; 0 if there is none. */
int landlock_version(void);

/* From here on files are changed, made and removed only below the directories
 * open as `fds`, and there is no TCP and no signal; what is read is as before.
 * As landlock_confine else. */
bool landlock_protect(const int *fds, size_t count);

/*
 * From here on nothing is to be had from the file system by name but what the
 * rights say; -1 stands for a directory that is not there. As far as the kernel
 * knows how: no TCP, no abstract unix socket, no signal to another process.
 * Needs no_new_privs. False with errno, which is ENOSYS where there is no
 * Landlock: the kernel has none, or somebody's filter refuses the question.
 */
bool landlock_confine(const struct directory_rights *, size_t count);

#endif
