/*
 * A multi-line response (RFC 1939 section 3): lines end in CRLF, a line that
 * begins with '.' gets another in front, and "." CRLF ends it all.
 *
 *	multiline_begin, multiline_write any number of times, multiline_end
 *
 * The text may be cut into pieces anywhere. A line may end in LF or CRLF; a CR
 * elsewhere is data and is sent as it is. A last line without LF gets CRLF.
 */
#ifndef CONNECTION_MULTILINE_H
#define CONNECTION_MULTILINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/lines.h"
#include "connection/connection.h"

#define MULTILINE_ALL UINT64_MAX

struct multiline {
	struct connection *connection;
	struct lines_wire wire;
	/* TOP: lines left to send once the header has ended */
	bool in_body;
	uint64_t body_lines;
	uint64_t line_length;	/* of the line at hand, without its LF */
	bool after_cr;		/* its last octet is CR */
	uint64_t sent;		/* octets of the text, as they are sent */
};

/* `body_lines` limits the text after its first empty line (TOP, RFC 1939
 * section 7); MULTILINE_ALL sends everything. */
void multiline_begin(struct multiline *, struct connection *,
    uint64_t body_lines);

/* False once no more text is wanted: the limit is reached, or the connection
 * is broken. */
bool multiline_write(struct multiline *, const char *data, size_t length);

void multiline_end(struct multiline *);

#endif
