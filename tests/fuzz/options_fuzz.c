/*
 * The command line of the program itself: what is accepted is within the
 * limits that the manual page tells of.
 *
 * The arguments, each ended by LF.
 */
#include "settings.c"

#include <getopt.h>

#include "tests/fuzz/fuzz.h"

#define ARGUMENTS_MAX 16

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	stderr = fopen("/dev/null", "w");	/* the program's own words */
	return stderr == NULL;
}

/* A template becomes what it says, and a path. */
static void
check_template(const char *template)
{
	const char *at = template;
	char *path;
	size_t length = 0;

	fuzz_require(maildrop_template_is_good(template), "%s", template);
	path = maildrop_path(template, "mrose", "/home/mrose");
	fuzz_require(path != NULL && path[0] == '/', "%s", template);
	for (; *at != '\0'; at++, length++) {
		if (*at != '%')
			continue;
		at++;
		length += *at == 'u' ? 4 : *at == 'h' ? 10 : 0;
	}
	fuzz_require(strlen(path) == length, "%s: %s", template, path);
	free(path);
}

static void
check_settings(const struct settings *s)
{
	check_template(s->maildrop);
	fuzz_require(s->accounts[0] != '\0' && s->user[0] != '\0', "empty");
	fuzz_require(s->state == NULL || s->state[0] == '/', "%s", s->state);
	fuzz_require(s->hostname == NULL || (s->hostname[0] != '\0' &&
	    strlen(s->hostname) <= 255 && strpbrk(s->hostname, " \t\r\n") ==
	    NULL), "%s", s->hostname);
	fuzz_require(s->idle_seconds >= 1 && s->idle_seconds <= 86400,
	    "%u", s->idle_seconds);
	fuzz_require(s->login_seconds <= 86400, "%u", s->login_seconds);
	fuzz_require(s->session_wait_seconds <= 60, "%u",
	    s->session_wait_seconds);
	fuzz_require(s->uid_min != UINT32_MAX, "%lu",
	    (unsigned long)s->uid_min);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	struct fuzz_input input = fuzz_input(octets, length);
	char *given[ARGUMENTS_MAX + 2] = { "pop3-handler" };
	char *argv[ARGUMENTS_MAX + 2];
	struct settings settings;
	int argc = 1;

	while (input.length > 0 && argc <= ARGUMENTS_MAX)
		given[argc++] = fuzz_string(fuzz_until(&input, '\n'));
	memcpy(argv, given, sizeof(argv));	/* getopt changes the order */
	optind = 0;
	if (settings_parse(&settings, argc, argv))
		check_settings(&settings);
	for (int i = 1; i < argc; i++)
		free(given[i]);
	return 0;
}
