/* The file system and the network as a process may still reach them
 * (landlock(7)). What is open stays open. */
#ifndef PRIVILEGE_LANDLOCK_H
#define PRIVILEGE_LANDLOCK_H

#include <stdbool.h>
#include <stddef.h>

/* From here on files are changed, made and removed only below the directories
 * open as `fds`, and there is no TCP and no signal; what is read is as before.
 * As landlock_confine else. */
bool landlock_protect(const int *fds, size_t count);

/*
 * From here on the only thing to be had from the file system by name is to
 * make and remove regular files in the directory open as `fd` (-1: nothing at
 * all). As far as the kernel knows how: no TCP, no abstract unix socket, no
 * signal to another process. Needs no_new_privs. False with errno, which is
 * ENOSYS where there is no Landlock: the kernel has none, or somebody's filter
 * refuses the question.
 */
bool landlock_confine(int fd);

#endif
