/*
 * One line for the operator: to the journal, to syslog or to standard error.
 *
 * log_open once, early; then log_note for sentences and log_event for lines
 * that programs read. Both sanitise: a control character or a non-ASCII octet
 * appears as '?', and a line is at most LOG_LINE_SIZE octets. Neither fails.
 * For a syslogd or a journal that takes nothing, neither waits longer than
 * base/syslogd.h and base/journal.h say. The first line may open files and
 * sockets; a process that gives up the right to that must have said something
 * before. What was opened is global state, as a log is everybody's (DESIGN.md,
 * "Global state").
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stddef.h>
#include <syslog.h>

enum log_target {
	LOG_TO_DEFAULT,
	LOG_TO_JOURNAL,
	LOG_TO_SYSLOG,
	LOG_TO_STDERR,
};

#define LOG_LINE_SIZE 1024
#define LOG_FIELDS_MAX 16

struct log_field {
	const char *name;	/* lower case; in the journal PREFIX_NAME */
	const char *value;	/* NULL: not known, "-" */
};

/* What a stable line is called, for the reader and for the journal. */
struct log_kind {
	int priority;		/* syslog(3) */
	const char *name;
	const char *message_id;	/* 32 hexadecimal digits, MESSAGE_ID= */
};

/*
 * Chooses the target. LOG_TO_DEFAULT is the journal if that is where standard
 * error goes ($JOURNAL_STREAM), else syslog if standard input is a socket,
 * else standard error. A journal that is not there is syslog. `program` and
 * `prefix` are kept, not copied.
 */
void log_open(enum log_target, const char *program, const char *prefix);

/*
 * In a process whose children log, too: what was opened for that is not to be
 * shared, as any of them could shut it down. The parent's lines go to the
 * journal by way of syslog(3)'s socket, since libsystemd's stays open; a child
 * opens its own.
 */
void log_as_parent(void);
void log_as_child(void);

/* Opens what lines need, so that it is not done while a client waits for an
 * answer. */
void log_prepare(void);

/* Where lines go. */
enum log_target log_goes_to(void);

/* Lines go to `take` from here on, for a process that looks for faults. */
typedef void log_taker(void *context, int priority, const char *line);
void log_divert(log_taker *take, void *context);

/* A sentence, without a newline. */
void log_note(int priority, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "kind: name=value name=value", with journal fields of the same. One of
 * priority LOG_DEBUG is for who watches standard error, and goes nowhere
 * else. */
void log_event(const struct log_kind *, const struct log_field *, size_t count);

#endif
