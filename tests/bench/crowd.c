/*
 * usage: crowd SECONDS PORT USER...
 *
 * Members who poll as fast as they can: for each USER a process that has one
 * session (login, STAT, QUIT) after the other for so long. Prints how many
 * sessions that were, and in how many nanoseconds.
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wire.h"

static void
have_session(const char *port, const char *user)
{
	char octet;
	int fd = dial(port, 0);

	if (!hear(fd) || !ask(fd, "USER", user) || !ask(fd, "PASS", PASSWORD) ||
	    !ask(fd, "STAT", NULL) || !ask(fd, "QUIT", NULL))
		errx(1, "port %s: refused, or hung up", port);
	while (recv(fd, &octet, 1, 0) > 0)
		;
	close(fd);
}

static void
poll_until(uint64_t end, const char *port, const char *user, uint64_t *count)
{
	do {
		have_session(port, user);
		++*count;
	} while (now() < end);
}

/* False if one has failed. */
static bool
wait_for(int children)
{
	bool all_well = true;
	int status;

	while (children-- > 0)
		all_well &= wait(&status) != -1 && status == 0;
	return all_well;
}

int
main(int argc, char **argv)
{
	uint64_t *counts, total = 0, began = now();
	int users = argc - 3;

	if (users < 1)
		errx(2, "usage: crowd SECONDS PORT USER...");
	counts = mmap(NULL, (size_t)users * sizeof(*counts),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (counts == MAP_FAILED)
		err(1, "no memory");
	for (int i = 0; i < users; i++) {
		pid_t child = fork();

		if (child == -1)
			err(1, "cannot fork");
		if (child != 0)
			continue;
		poll_until(began + (uint64_t)(strtod(argv[1], NULL) * 1e9),
		    argv[2], argv[3 + i], &counts[i]);
		_exit(0);
	}
	if (!wait_for(users))
		return 1;
	for (int i = 0; i < users; i++)
		total += counts[i];
	printf("%" PRIu64 " %" PRIu64 "\n", total, now() - began);
	return 0;
}
