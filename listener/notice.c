#include "listener/notice.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"

void
notice_log(struct notice *n, int priority, const char *format, ...)
{
	char text[LOG_LINE_SIZE];
	va_list arguments;

	n->count++;
	if (!deadline_is_past(n->quiet_until))
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (n->count == 1)
		log_note(priority, "%s", text);
	else
		log_note(priority, "%s (%ju times since the last such line)",
		    text, (uintmax_t)n->count);
	n->count = 0;
	n->quiet_until = deadline_in(INT64_C(1000) * NOTICE_SECONDS);
}
