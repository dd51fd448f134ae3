#include "check/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

static const char *const words[] = {
	[REPORT_OK] = "ok", [REPORT_WARN] = "warn", [REPORT_FAIL] = "FAIL",
};

void
report_begin(struct report *report, bool as_json)
{
	*report = (struct report){ .as_json = as_json };
	if (as_json)
		fputs("[", stdout);
}

void
report_end(struct report *report)
{
	if (report->as_json)
		puts("\n]");
	fflush(stdout);
}

static void
put_octet(char octet, bool as_json)
{
	if (as_json && (octet == '"' || octet == '\\'))
		putchar('\\');
	putchar(octet < 0x20 || octet > 0x7e ? '?' : octet);
}

/* `before`, then the text. */
static void
put(const struct report *report, const char *before, const char *text)
{
	fputs(before, stdout);
	for (; *text != '\0'; text++)
		put_octet(*text, report->as_json);
}

static void
put_member(const struct report *report, const char *name, const char *value)
{
	put(report, name, "");
	if (value == NULL) {
		fputs("null", stdout);
		return;
	}
	put(report, "\"", value);
	fputs("\"", stdout);
}

static void
put_object(const struct report *report, enum report_result result,
    const char *cure, const char *text)
{
	put_member(report, report->has_lines ? ",\n{\"result\": "
	    : "\n{\"result\": ", words[result]);
	put_member(report, ", \"user\": ", report->user);
	put_member(report, ", \"question\": ", report->question);
	put_member(report, ", \"finding\": ", text);
	put_member(report, ", \"cure\": ", cure);
	fputs("}", stdout);
}

static void
put_line(const struct report *report, enum report_result result,
    const char *cure, const char *text)
{
	printf("%-4s  ", words[result]);
	if (report->user != NULL)
		put(report, "", report->user);
	put(report, report->user != NULL ? ": " : "", report->question);
	put(report, ": ", text);
	if (cure != NULL)
		put(report, ". Cure: ", cure);
	putchar('\n');
}

void
report_line(struct report *report, enum report_result result, const char *cure,
    const char *format, ...)
{
	char text[LOG_LINE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (report->as_json)
		put_object(report, result, cure, text);
	else
		put_line(report, result, cure, text);
	fflush(stdout);
	report->has_lines = report->was_answered = true;
	if (result > report->worst)
		report->worst = result;
}

void
report_log(void *context, int priority, const char *line)
{
	struct report *report = context;

	if (priority <= LOG_WARNING)
		report_line(report, priority <= LOG_ERR ? REPORT_FAIL
		    : REPORT_WARN, report->cure, "%s", line);
}
