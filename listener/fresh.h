/*
 * Ourselves, executed anew: in an address space of its own, which whoever has
 * seen ours knows nothing of.
 *
 * The descriptors are passed as systemd does (sd_listen_fds(3)), with names;
 * the arguments are ours and more.
 */
#ifndef LISTENER_FRESH_H
#define LISTENER_FRESH_H

#include <stddef.h>

#define FRESH_DESCRIPTORS_MAX 8
#define FRESH_OPTIONS_MAX 4

struct fresh_descriptor {
	const char *name;
	int fd;				/* -1: there is none */
};

struct fresh {
	const char *program;		/* its path: argv[0] need not be one */
	char *const *argv;
	int connection;			/* as 0 and 1; -1: those stay */
	size_t descriptor_count, option_count;
	struct fresh_descriptor descriptors[FRESH_DESCRIPTORS_MAX];
	const char *options[FRESH_OPTIONS_MAX];
};

/* Returns only if it fails, after a log line. */
void fresh_execute(const struct fresh *);

#endif
