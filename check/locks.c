/* The mailbox's locks, by proc_locks(5) and by the dotlock. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/log.h"
#include "base/strbuf.h"
#include "base/text.h"
#include "check/process.h"
#include "check/question.h"
#include "check/words.h"
#include "maildrop.h"

/* Deliveries and readers hold a dotlock for seconds. */
#define DOTLOCK_SECONDS 60

/* A lock as the kernel lists it. */
enum column { KIND = 1, PID = 4, FILE_ID, COLUMNS };

/* Whether that is the file, "MAJOR:MINOR:INODE" with the first two in
 * hexadecimal. */
static bool
is_of(const char *id, const struct stat *status)
{
	char ours[64];
	struct strbuf text = strbuf_init(ours, sizeof(ours));

	strbuf_format(&text, "%02x:%02x:%ju", major(status->st_dev),
	    minor(status->st_dev), (uintmax_t)status->st_ino);
	return strcmp(id, ours) == 0;
}

/* The lock of an open file, and not of a process, has no number there. */
static void
report_lock(struct check *c, char *const words[COLUMNS],
    const struct stat *status)
{
	char holder[512];
	struct strbuf text = strbuf_init(holder, sizeof(holder));
	uint64_t pid;

	if (text_number(words[PID], strlen(words[PID]), INT32_MAX, &pid))
		process_describe((pid_t)pid, &text);
	else if (!process_describe_holders(&status->st_dev, status->st_ino,
	    &text))
		strbuf_format(&text, "somebody");
	report_line(&c->report, REPORT_WARN, "none, unless it stays for "
	    "minutes: then end that program", "%s is locked (%s) by %s",
	    c->path, words[KIND], holder);
}

/* Whoever waits for a lock has "->" before the kind, and so no such file. */
static void
check_kernel_locks(struct check *c, const struct stat *status)
{
	FILE *file = fopen("/proc/locks", "re");
	char *words[COLUMNS], line[256];

	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL)
		if (words_split(line, words, COLUMNS) &&
		    is_of(words[FILE_ID], status))
			report_lock(c, words, status);
	fclose(file);
}

static void
check_dotlock(struct check *c)
{
	char described[LOG_LINE_SIZE];
	struct strbuf text = strbuf_init(described, sizeof(described));
	int64_t seconds;

	if (!maildrop_describe_lock(c->path, &text, &seconds))
		return;
	report_line(&c->report, seconds > DOTLOCK_SECONDS ? REPORT_FAIL
	    : REPORT_WARN, "see whether that process lives and is a mail "
	    "program; if not, remove the dotlock", "%s, for %" PRId64 " s",
	    described, seconds);
}

void
check_locks(struct check *c)
{
	struct stat status;

	if (c->path != NULL && lstat(c->path, &status) == 0)
		check_kernel_locks(c, &status);
	if (c->path != NULL)
		check_dotlock(c);
	if (!c->report.was_answered)
		report_line(&c->report, REPORT_OK, NULL, "none");
}
