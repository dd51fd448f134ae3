/*
 * What may happen often (listener/notice.h): told the first time, and then once
 * in a while, with how often it was.
 */
#include "listener/notice.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "tests/unit/check.h"

static int log_end;

/* What was logged since the last time. */
static const char *
said(void)
{
	static char text[4096];
	ssize_t n;

	if (write(STDERR_FILENO, "", 1) != 1)	/* it never waits */
		abort();
	n = read(log_end, text, sizeof(text) - 1);
	if (n < 1)
		abort();
	text[n - 1] = '\0';
	return text;
}

static void
check_said(const char *wanted)
{
	const char *found = said();

	check_that(strcmp(found, wanted) == 0, "said '%s', not '%s'", found,
	    wanted);
}

static void
check_repeated(void)
{
	struct notice notice = { 0 };

	check_begin("The first is told at once, those of a minute are counted, "
	    "and the next tells of itself and of how many");
	notice_log(&notice, LOG_ERR, "%s %d", "first", 1);
	check_said("test: first 1\n");
	notice_log(&notice, LOG_ERR, "second");
	notice_log(&notice, LOG_ERR, "third");
	check_said("");
	check_that(deadline_left(notice.quiet_until) <= NOTICE_SECONDS * 1000 &&
	    deadline_left(notice.quiet_until) > 0, "it is not quiet for %d s",
	    NOTICE_SECONDS);
	notice.quiet_until = deadline_in(0);
	notice_log(&notice, LOG_ERR, "fourth");
	check_said("test: fourth (3 times since the last such line)\n");
	notice.quiet_until = deadline_in(0);
	notice_log(&notice, LOG_ERR, "fifth");
	check_said("test: fifth\n");
	check_end();
}

static void
check_apart(void)
{
	struct notice one = { 0 }, another = { 0 };

	check_begin("Different things are told apart");
	notice_log(&one, LOG_ERR, "one");
	notice_log(&another, LOG_ERR, "another");
	notice_log(&one, LOG_ERR, "one");
	check_said("test: one\ntest: another\n");
	check_end();
}

static void
check_long(void)
{
	static char text[2 * LOG_LINE_SIZE];
	struct notice notice = { 0 };

	check_begin("What is too long for a line is cut off");
	memset(text, 'x', sizeof(text) - 1);
	notice_log(&notice, LOG_ERR, "%s", text);
	check_same(strspn(said() + strlen("test: "), "x"), LOG_LINE_SIZE - 1,
	    "length");
	check_end();
}

int
main(void)
{
	int ends[2];

	if (pipe(ends) == -1 || dup2(ends[1], STDERR_FILENO) == -1)
		abort();
	log_end = ends[0];
	log_open(LOG_TO_STDERR, "test", "TEST");
	check_repeated();
	check_apart();
	check_long();
	return check_status();
}
