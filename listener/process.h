/*
 * What a process does to become a listener, and a child to be one of its own.
 */
#ifndef LISTENER_PROCESS_H
#define LISTENER_PROCESS_H

#include <limits.h>
#include <stdbool.h>

/* Makes the descriptor a socket to accept from without waiting. inetd puts it
 * at 0 to 2, where a library may read or write: it is moved from there, and
 * those of these that were the same socket are closed (fd_open_standard). False
 * with errno. */
bool process_take_socket(int *fd);

/* In a child: parts from what it must not share with others, for it could shut
 * it down. Standard error is the journal's stream, too. False with errno. */
bool process_part(void);

/* What we were executed from, and with. */
struct process_program {
	char path[PATH_MAX];	/* "" if that is not known */
	char *const *argv;
};

void process_find_program(struct process_program *, char *const *argv);

#endif
