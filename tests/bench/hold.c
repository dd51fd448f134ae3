/*
 * usage: hold COUNT PORT [NAME]
 *
 * Opens COUNT connections, each from an address of its own, and keeps them
 * until its standard input ends. With NAME they log in, the first as NAME1 and
 * so on; without, they are silent, and dialled before any is served. Prints how
 * many were greeted (and logged in), when that is known of all.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "wire.h"

static unsigned
log_in_all(unsigned count, const char *port, const char *name)
{
	char user[64];

	for (unsigned i = 1; i <= count; i++) {
		int fd = dial(port, i);

		snprintf(user, sizeof(user), "%s%u", name, i);
		if (!hear(fd) || !ask(fd, "USER", user) ||
		    !ask(fd, "PASS", PASSWORD))
			errx(1, "port %s: %s was refused", port, user);
	}
	return count;
}

static unsigned
stay_silent(unsigned count, const char *port)
{
	int *fds = calloc(count, sizeof(*fds));
	unsigned greeted = 0;

	if (fds == NULL)
		err(1, "no memory");
	for (unsigned i = 0; i < count; i++)
		fds[i] = dial(port, i + 1);
	for (unsigned i = 0; i < count; i++)
		greeted += hear(fds[i]);
	free(fds);
	return greeted;
}

int
main(int argc, char **argv)
{
	unsigned count;
	char octet;

	if (argc != 3 && argc != 4)
		errx(2, "usage: hold COUNT PORT [NAME]");
	count = (unsigned)strtoul(argv[1], NULL, 10);
	printf("%u\n", argc == 4 ? log_in_all(count, argv[2], argv[3])
	    : stay_silent(count, argv[2]));
	fflush(stdout);
	while (read(STDIN_FILENO, &octet, 1) > 0)
		;
	return 0;
}
