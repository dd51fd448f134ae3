#include "listener/fresh.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/strbuf.h"

/* SD_LISTEN_FDS_START */
#define FIRST_PASSED 3

/* Ours, then the options. NULL if there is no memory. */
static char **
arguments_of(const struct fresh *f)
{
	size_t count = 0;
	char **argv;

	while (f->argv[count] != NULL)
		count++;
	argv = calloc(count + f->option_count + 1, sizeof(*argv));
	if (argv == NULL)
		return NULL;
	memcpy(argv, f->argv, count * sizeof(*argv));
	for (size_t i = 0; i < f->option_count; i++)
		argv[count + i] = (char *)f->options[i];
	return argv;
}

/* Moves them to 3 and so on, none over another that is still to be moved. How
 * many they are, and their names; -1 with errno. */
static int
pass_descriptors(const struct fresh *f, struct strbuf *names)
{
	int from[FRESH_DESCRIPTORS_MAX], count = 0;

	for (size_t i = 0; i < f->descriptor_count; i++) {
		if (f->descriptors[i].fd == -1)
			continue;
		from[count] = fcntl(f->descriptors[i].fd, F_DUPFD_CLOEXEC,
		    FIRST_PASSED + FRESH_DESCRIPTORS_MAX);
		if (from[count++] == -1)
			return -1;
		strbuf_format(names, "%s%s", names->length > 0 ? ":" : "",
		    f->descriptors[i].name);
	}
	for (int i = 0; i < count; i++)
		if (dup2(from[i], FIRST_PASSED + i) == -1)
			return -1;
	return count;
}

static bool
set_number(const char *name, long number)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", number);
	return setenv(name, text, 1) == 0;
}

static bool
pass(const struct fresh *f)
{
	char at[256] = "";
	struct strbuf names = strbuf_init(at, sizeof(at));
	int count;

	if (f->connection != -1 &&
	    (dup2(f->connection, STDIN_FILENO) == -1 ||
	    dup2(f->connection, STDOUT_FILENO) == -1))
		return false;
	count = pass_descriptors(f, &names);
	return count != -1 && set_number("LISTEN_PID", getpid()) &&
	    set_number("LISTEN_FDS", count) &&
	    setenv("LISTEN_FDNAMES", at, 1) == 0;
}

void
fresh_execute(const struct fresh *f)
{
	char **argv = arguments_of(f);

	if (argv != NULL && pass(f))
		execv(f->program, argv);
	log_note(LOG_ERR, "cannot execute %s: %s", f->program,
	    strerror(errno));
	free(argv);
}
