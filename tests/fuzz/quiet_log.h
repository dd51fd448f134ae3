/*
 * A log that is looked at and not kept: in place of base/log.c in targets that
 * make the program speak.
 */
#ifndef TESTS_FUZZ_QUIET_LOG_H
#define TESTS_FUZZ_QUIET_LOG_H

#include <stdarg.h>

#include "base/log.h"
#include "tests/fuzz/fuzz.h"

void
log_note(int priority, const char *format, ...)
{
	char line[LOG_LINE_SIZE];
	va_list arguments;

	(void)priority;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
}

/* Programs read these lines: no value may look like another field. */
void
log_event(const struct log_kind *kind, const struct log_field *fields,
    size_t count)
{
	for (size_t i = 0; i < count; i++)
		fuzz_require(fields[i].value == NULL ||
		    strpbrk(fields[i].value, " =\r\n\t") == NULL,
		    "%s: %s=\"%s\"", kind->name, fields[i].name,
		    fields[i].value);
}

#endif
