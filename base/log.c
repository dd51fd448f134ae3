#include "base/log.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/journal.h"
#include "base/strbuf.h"
#include "base/syslogd.h"

#define JOURNAL "/run/systemd/journal/socket"

static struct {
	enum log_target target;
	const char *program, *prefix;
	struct syslogd syslogd;
	struct journal journal;
	bool is_parent;
	log_taker *take;	/* or NULL */
	void *context;
} log_identity = {
	LOG_TO_STDERR, "", "", { .fd = -1 }, { .fd = -1 }, false, NULL, NULL
};

/* Whether standard error is the journal's own stream (systemd.exec(5)). */
static bool
stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat status;
	char name[64];

	if (stream == NULL || fstat(STDERR_FILENO, &status) == -1)
		return false;
	snprintf(name, sizeof(name), "%ju:%ju", (uintmax_t)status.st_dev,
	    (uintmax_t)status.st_ino);
	return strcmp(stream, name) == 0;
}

static enum log_target
default_target(void)
{
	struct stat status;

	if (stderr_is_journal())
		return LOG_TO_JOURNAL;
	if (fstat(STDIN_FILENO, &status) == 0 && S_ISSOCK(status.st_mode))
		return LOG_TO_SYSLOG;
	return LOG_TO_STDERR;
}

void
log_open(enum log_target target, const char *program, const char *prefix)
{
	log_identity.program = program;
	log_identity.prefix = prefix;
	/* libsystemd says nothing of a line that no journal has taken */
	if (target == LOG_TO_DEFAULT)
		target = default_target();
	else if (target == LOG_TO_JOURNAL && access(JOURNAL, F_OK) == -1)
		target = LOG_TO_SYSLOG;
	if (target != LOG_TO_STDERR)
		log_identity.syslogd = syslogd_new(program);
	log_identity.journal = journal_new();
	log_identity.target = target;
}

void
log_as_parent(void)
{
	log_identity.is_parent = true;
}

void
log_as_child(void)
{
	log_identity.is_parent = false;
	syslogd_close(&log_identity.syslogd);
	journal_close(&log_identity.journal);
	log_prepare();
}

void
log_prepare(void)
{
	if (log_identity.target == LOG_TO_SYSLOG)
		syslogd_prepare(&log_identity.syslogd);
	else if (log_identity.target == LOG_TO_JOURNAL)
		journal_prepare(&log_identity.journal);
}

void
log_divert(log_taker *take, void *context)
{
	log_identity.take = take;
	log_identity.context = context;
}

enum log_target
log_goes_to(void)
{
	return log_identity.target;
}

static void
sanitise(char *line)
{
	for (; *line != '\0'; line++)
		if (*line < 0x20 || *line > 0x7e)
			*line = '?';
}

static void
to_stderr(const char *line)
{
	char buffer[LOG_LINE_SIZE + 64];
	struct strbuf text = strbuf_init(buffer, sizeof(buffer));
	ssize_t written;

	strbuf_format(&text, "%s: %s\n", log_identity.program, line);
	/* Nobody is left to be told if this fails. */
	written = write(STDERR_FILENO, text.at, text.length);
	(void)written;
}

static struct iovec
vector(char *string)
{
	return (struct iovec){ string, strlen(string) };
}

static char
upper(char octet)
{
	return octet >= 'a' && octet <= 'z' ? (char)(octet - 32) : octet;
}

static const char *
value_of(const struct log_field *field)
{
	return field->value != NULL ? field->value : "-";
}

/* "PREFIX_NAME=value" in `at`. */
static void
journal_field(const struct log_field *field, char *at, size_t size)
{
	struct strbuf text = strbuf_init(at, size);

	strbuf_format(&text, "%s_%s=", log_identity.prefix, field->name);
	for (size_t i = 0; i < text.length; i++)
		at[i] = upper(at[i]);
	strbuf_format(&text, "%s", value_of(field));
	sanitise(at);
}

static bool
to_journal(const struct log_kind *kind, const char *line,
    const struct log_field *fields, size_t count)
{
	char message[LOG_LINE_SIZE + 16], priority[32], identifier[64], id[64];
	char named[LOG_FIELDS_MAX][320];
	char facility[32];
	struct iovec vectors[LOG_FIELDS_MAX + 5];
	int n = 0;

	snprintf(message, sizeof(message), "MESSAGE=%s", line);
	vectors[n++] = vector(message);
	snprintf(priority, sizeof(priority), "PRIORITY=%d", kind->priority);
	vectors[n++] = vector(priority);
	snprintf(facility, sizeof(facility), "SYSLOG_FACILITY=%d",
	    LOG_MAIL >> 3);
	vectors[n++] = vector(facility);
	snprintf(identifier, sizeof(identifier), "SYSLOG_IDENTIFIER=%s",
	    log_identity.program);
	vectors[n++] = vector(identifier);
	if (kind->message_id != NULL) {
		snprintf(id, sizeof(id), "MESSAGE_ID=%s", kind->message_id);
		vectors[n++] = vector(id);
	}
	for (size_t i = 0; i < count; i++) {
		journal_field(&fields[i], named[i], sizeof(named[i]));
		vectors[n++] = vector(named[i]);
	}
	return journal_send(&log_identity.journal, vectors, n);
}

static void
put(const struct log_kind *kind, char *line, const struct log_field *fields,
    size_t count)
{
	sanitise(line);
	if (log_identity.take != NULL) {
		log_identity.take(log_identity.context, kind->priority, line);
		return;
	}
	if (kind->priority == LOG_DEBUG &&
	    log_identity.target != LOG_TO_STDERR)
		return;
	switch (log_identity.target) {
	case LOG_TO_JOURNAL:
		if (log_identity.is_parent ||
		    !to_journal(kind, line, fields, count))
			syslogd_send(&log_identity.syslogd, kind->priority,
			    line);
		break;
	case LOG_TO_SYSLOG:
		syslogd_send(&log_identity.syslogd, kind->priority, line);
		break;
	case LOG_TO_STDERR:
	case LOG_TO_DEFAULT:
		to_stderr(line);
		break;
	}
}

void
log_note(int priority, const char *format, ...)
{
	const struct log_kind note = { priority, NULL, NULL };
	char line[LOG_LINE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	put(&note, line, NULL, 0);
}

void
log_event(const struct log_kind *kind, const struct log_field *fields,
    size_t count)
{
	char line[LOG_LINE_SIZE];
	struct strbuf text = strbuf_init(line, sizeof(line));

	assert(count <= LOG_FIELDS_MAX);
	strbuf_format(&text, "%s:", kind->name);
	for (size_t i = 0; i < count; i++)
		strbuf_format(&text, " %s=%s", fields[i].name,
		    value_of(&fields[i]));
	put(kind, line, fields, count);
}
