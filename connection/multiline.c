#include "connection/multiline.h"

#include <string.h>

#include "base/min.h"

/* Less room than this in the connection is not worth a piece. */
#define PIECE_MIN ((size_t)1024)

void
multiline_begin(struct multiline *m, struct connection *c, uint64_t body_lines)
{
	*m = (struct multiline){
		.connection = c,
		.wire = lines_wire(),
		.body_lines = body_lines,
	};
}

static bool
is_satisfied(const struct multiline *m)
{
	return m->in_body && m->body_lines == 0;
}

/* Notes a line or a part of one; LF can only be its last octet. */
static void
note_part(struct multiline *m, const char *data, size_t length)
{
	bool whole = data[length - 1] == '\n';
	size_t text = whole ? length - 1 : length;

	m->line_length += text;
	if (text > 0)
		m->after_cr = data[text - 1] == '\r';
	if (!whole)
		return;
	if (m->in_body)
		m->body_lines--;
	else if (m->line_length == (m->after_cr ? 1 : 0))
		m->in_body = true;
	m->line_length = 0;
	m->after_cr = false;
}

/* How many of the octets are wanted. */
static size_t
count_wanted(struct multiline *m, const char *data, size_t length)
{
	size_t wanted = 0;

	if (m->body_lines == MULTILINE_ALL)
		return length;
	while (wanted < length && !is_satisfied(m)) {
		const char *at = data + wanted;
		const char *lf = memchr(at, '\n', length - wanted);
		size_t part = lf == NULL ? length - wanted
		    : (size_t)(lf - at) + 1;

		note_part(m, at, part);
		wanted += part;
	}
	return wanted;
}

/* Any octet may become two. */
static void
send_text(struct multiline *m, const char *data, size_t length)
{
	while (length > 0) {
		size_t room, part;
		char *to = connection_reserve(m->connection,
		    2 * PIECE_MIN + LINES_SLACK, &room);
		size_t made;

		part = min_size((room - LINES_SLACK) / 2, length);
		made = lines_to_wire(&m->wire, to, data, part);
		connection_append(m->connection, made);
		m->sent += made;
		data += part;
		length -= part;
	}
}

bool
multiline_write(struct multiline *m, const char *data, size_t length)
{
	send_text(m, data, count_wanted(m, data, length));
	return !is_satisfied(m) && !connection_is_broken(m->connection);
}

void
multiline_end(struct multiline *m)
{
	if (lines_wire_is_open(&m->wire))
		send_text(m, "\n", 1);
	connection_write(m->connection, ".\r\n", 3);
}
