/*
 * usage: start PROGRAM [ARG...]
 *
 * Prints the nanoseconds from the start of PROGRAM, with a socket as its
 * standard input and output, to its first line; then says QUIT to it.
 */
#include <err.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wire.h"

extern char **environ;

int
main(int argc, char **argv)
{
	posix_spawn_file_actions_t actions;
	uint64_t began, ended;
	char line[512];
	int ends[2];
	ssize_t got;
	pid_t child;

	if (argc < 2)
		errx(2, "usage: start PROGRAM [ARG...]");
	alarm(60);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1 ||
	    posix_spawn_file_actions_init(&actions) != 0 ||
	    posix_spawn_file_actions_adddup2(&actions, ends[1], 0) != 0 ||
	    posix_spawn_file_actions_adddup2(&actions, ends[1], 1) != 0)
		err(1, "cannot prepare");
	began = now();
	if (posix_spawn(&child, argv[1], &actions, NULL, argv + 1,
	    environ) != 0)
		errx(1, "cannot start %s", argv[1]);
	got = read(ends[0], line, sizeof(line));
	ended = now();
	if (got < 3 || memcmp(line, "+OK", 3) != 0)
		errx(1, "%s did not greet", argv[1]);
	if (write(ends[0], "QUIT\r\n", 6) != 6 ||
	    waitpid(child, NULL, 0) != child)
		err(1, "cannot end %s", argv[1]);
	printf("%" PRIu64 "\n", ended - began);
	return 0;
}
