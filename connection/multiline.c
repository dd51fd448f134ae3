#include "connection/multiline.h"

#include <string.h>

void
multiline_begin(struct multiline *m, struct connection *c, uint64_t body_lines)
{
	*m = (struct multiline){
		.connection = c,
		.body_lines = body_lines,
	};
}

static bool
is_satisfied(const struct multiline *m)
{
	return m->in_body && m->body_lines == 0;
}

/* Notes that a line has ended. */
static void
count_line(struct multiline *m, bool empty)
{
	if (m->body_lines == MULTILINE_ALL)
		return;
	if (m->in_body)
		m->body_lines--;
	else if (empty)
		m->in_body = true;
}

/* Sends a line or a part of one; LF can only be its last octet. */
static void
write_part(struct multiline *m, const char *octets, size_t length)
{
	bool whole = octets[length - 1] == '\n';
	size_t text = whole ? length - 1 : length;

	if (m->line_length == 0 && octets[0] == '.')
		connection_write(m->connection, ".", 1);
	connection_write(m->connection, octets, text);
	m->line_length += text;
	if (text > 0)
		m->after_cr = octets[text - 1] == '\r';
	if (!whole)
		return;
	if (m->after_cr)
		connection_write(m->connection, "\n", 1);
	else
		connection_write(m->connection, "\r\n", 2);
	count_line(m, m->line_length == (m->after_cr ? 1 : 0));
	m->line_length = 0;
	m->after_cr = false;
}

bool
multiline_write(struct multiline *m, const char *octets, size_t length)
{
	while (length > 0 && !is_satisfied(m)) {
		const char *lf = memchr(octets, '\n', length);
		size_t part = lf == NULL ? length : (size_t)(lf - octets) + 1;

		write_part(m, octets, part);
		octets += part;
		length -= part;
	}
	return !is_satisfied(m) && !connection_is_broken(m->connection);
}

void
multiline_end(struct multiline *m)
{
	if (m->line_length > 0)
		write_part(m, "\n", 1);
	connection_write(m->connection, ".\r\n", 3);
}
