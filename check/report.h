/*
 * What a check prints: a line for each thing found, or an object of a JSON
 * array.
 *
 *	report_begin, report_line any number of times, report_end
 *
 * Several processes print one report, one after the other. A control character
 * or a non-ASCII octet appears as '?', as in the log.
 */
#ifndef CHECK_REPORT_H
#define CHECK_REPORT_H

#include <stdbool.h>

enum report_result { REPORT_OK, REPORT_WARN, REPORT_FAIL };

struct report {
	bool as_json;
	bool has_lines;
	const char *user;		/* whom it is about; NULL: the server */
	const char *question;
	const char *cure;		/* of what the log says; or NULL */
	bool was_answered;		/* since the question was set */
	enum report_result worst;
};

void report_begin(struct report *, bool as_json);

/* What was found, without a full stop; the cure is NULL where there is nothing
 * to do. */
void report_line(struct report *, enum report_result, const char *cure,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* A log_taker (base/log.h): an error is a failure, a warning is one, and what
 * has a lower priority is of no interest. */
void report_log(void *report, int priority, const char *line);

void report_end(struct report *);

#endif
