/* Lines of an mbox, which end in LF or CRLF. */
#ifndef MAILDROP_MBOX_LINE_H
#define MAILDROP_MBOX_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "maildrop/mbox/from.h"

/* The octets of a line end at `at`: 1, 2 or, if it is none, 0. */
static inline size_t
line_end(const char *at, size_t length)
{
	if (length >= 1 && at[0] == '\n')
		return 1;
	if (length >= 2 && at[0] == '\r' && at[1] == '\n')
		return 2;
	return 0;
}

/* The length of the line at `at` with its LF, if it has one. */
static inline size_t
line_length(const char *at, size_t length)
{
	const char *lf = memchr(at, '\n', length);

	return lf == NULL ? length : (size_t)(lf - at) + 1;
}

/* Whether a line has its LF. */
static inline bool
line_is_whole(const char *at, size_t length)
{
	return length > 0 && at[length - 1] == '\n';
}

/* The date of the line if it begins a message, else 0. It may lack its LF at
 * the end of the file, but must not be so long that there could be more. */
static inline uint64_t
line_from_date(const char *at, size_t length, bool is_last)
{
	return line_is_whole(at, length) ||
	    (is_last && length < MBOX_FROM_MAX)
	    ? mbox_from_date(at, length) : 0;
}

#endif
