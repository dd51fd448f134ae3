/* A log line of what may happen a thousand times a second: the first time, and
 * then at most once a minute, with how often it was. */
#ifndef LISTENER_NOTICE_H
#define LISTENER_NOTICE_H

#include <stdint.h>

#include "base/deadline.h"

#define NOTICE_SECONDS 60

struct notice {
	uint64_t count;			/* since the last line */
	struct deadline quiet_until;
};

/* It has happened. The line tells of this time; how often it was in between, it
 * tells in brackets. */
void notice_log(struct notice *, int priority, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
