/* The lines of a message's header, as they stand in the mailbox (pure). */
#ifndef IMPORT_LINES_H
#define IMPORT_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "import/source.h"

struct import_line {
	const char *at;
	size_t length;		/* with its LF; 0 before the first */
	const char *end;	/* of all there is */
};

/* The From_ line is the first; what ends the header is no line. */
struct import_line import_lines(const struct import_message *);
bool import_line_next(struct import_line *);

/* Whether it goes on with the header of the line before. */
bool import_line_is_folded(const struct import_line *);

/* Whether the header begins with that name, in letters of any case. */
bool import_line_is(const struct import_line *, const char *name);

/* What stands behind the colon, without blanks before it and the line's end. */
struct import_value {
	const char *at;
	size_t length;
};
struct import_value import_line_value(const struct import_line *);

#endif
