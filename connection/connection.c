#include "connection/connection.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/min.h"
#include "base/text.h"
#include "connection/tls.h"
#include "connection/transport.h"

#define INPUT_SIZE 4096
#define OUTPUT_SIZE ((size_t)128 << 10)

struct connection {
	struct transport transport;
	enum connection_status broken;	/* sticky; CONNECTION_OK while fine */

	/* input[input_start..input_end) is read and not yet handed out */
	size_t input_start, input_end;
	char input[INPUT_SIZE];

	size_t output_length;
	char output[OUTPUT_SIZE];
};

struct connection *
connection_new(int in, int out, int stall_milliseconds)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (c != NULL)
		transport_init(&c->transport, in, out, stall_milliseconds);
	return c;
}

void
connection_free(struct connection *c)
{
	if (c == NULL)
		return;
	tls_close(c->transport.tls);
	text_wipe(c->input, sizeof(c->input));
	free(c);
}

void
connection_limit(struct connection *c, const struct deadline *until)
{
	c->transport.is_limited = until != NULL;
	if (until != NULL)
		c->transport.until = *until;
}

static enum connection_status
flush(struct connection *c, bool more)
{
	if (c->broken == CONNECTION_OK)
		c->broken = transport_send(&c->transport, c->output,
		    c->output_length, more);
	c->output_length = 0;
	return c->broken;
}

enum connection_status
connection_flush(struct connection *c)
{
	return flush(c, false);
}

char *
connection_reserve(struct connection *c, size_t min, size_t *room)
{
	assert(min <= CONNECTION_RESERVE_MAX);
	if (OUTPUT_SIZE - c->output_length < min)
		flush(c, true);
	*room = OUTPUT_SIZE - c->output_length;
	return c->output + c->output_length;
}

void
connection_append(struct connection *c, size_t length)
{
	c->output_length += length;
}

void
connection_write(struct connection *c, const char *data, size_t length)
{
	while (length > 0) {
		size_t room;
		char *at = connection_reserve(c, 1, &room);
		size_t part = min_size(room, length);

		memcpy(at, data, part);
		connection_append(c, part);
		data += part;
		length -= part;
	}
}

bool
connection_has_heard(const struct connection *c)
{
	return c->transport.has_heard;
}

bool
connection_is_broken(const struct connection *c)
{
	return c->broken != CONNECTION_OK;
}

/* --- TLS ---------------------------------------------------------------- */

enum connection_status
connection_start_tls(struct connection *c, struct deadline by)
{
	if (c->input_start < c->input_end && c->broken == CONNECTION_OK)
		c->broken = CONNECTION_BROKEN;
	if (connection_flush(c) != CONNECTION_OK)
		return c->broken;
	c->broken = transport_start_tls(&c->transport, by);
	return c->broken;
}

void
connection_offer_tls(struct connection *c, struct tls *tls)
{
	c->transport.tls = tls;
}

bool
connection_offers_tls(const struct connection *c)
{
	return c->transport.tls != NULL && !c->transport.is_secure;
}

bool
connection_load_tls(struct connection *c)
{
	return tls_load(c->transport.tls);
}

bool
connection_can_start_tls(struct connection *c)
{
	return connection_offers_tls(c) && tls_is_usable(c->transport.tls);
}

bool
connection_is_secure(const struct connection *c)
{
	return c->transport.is_secure;
}

const char *
connection_tls_version(const struct connection *c)
{
	return c->transport.is_secure ? tls_version(c->transport.tls) : "none";
}

const char *
connection_tls_fault(const struct connection *c)
{
	return tls_fault(c->transport.tls);
}

bool
connection_has_bad_certificate(const struct connection *c)
{
	return tls_has_bad_files(c->transport.tls);
}

void
connection_forget_keys(struct connection *c)
{
	if (c != NULL)
		tls_forget(c->transport.tls);
}

void
connection_end(struct connection *c)
{
	bool is_whole = connection_flush(c) == CONNECTION_OK;

	transport_end(&c->transport, is_whole);
}

/* --- input -------------------------------------------------------------- */

/* Reads more input; flushes first, as we may have to wait. */
static enum connection_status
fill(struct connection *c, struct deadline by)
{
	enum connection_status status = connection_flush(c);
	size_t length;

	if (status == CONNECTION_OK && transport_is_over(&c->transport))
		return CONNECTION_TIMED_OUT;
	if (status == CONNECTION_OK)
		status = transport_receive(&c->transport, c->input,
		    sizeof(c->input), by, &length);
	if (status == CONNECTION_OK) {
		c->input_start = 0;
		c->input_end = length;
	}
	return status;
}

/*
 * Moves input up to and with the next LF to the line, as far as it fits, and
 * wipes it here. Returns whether the LF was there; counts all in *length.
 */
static bool
move_input(struct connection *c, struct line *line, size_t *length)
{
	char *start = c->input + c->input_start;
	size_t have = c->input_end - c->input_start;
	char *lf = memchr(start, '\n', have);
	size_t part = lf == NULL ? have : (size_t)(lf - start) + 1;

	if (*length < sizeof(line->octets)) {
		size_t room = sizeof(line->octets) - *length;
		memcpy(line->octets + *length, start, min_size(part, room));
	}
	*length += part;
	text_wipe(start, part);
	c->input_start += part;
	return lf != NULL;
}

/* Takes the line end off and finds the faults. */
static void
finish_line(struct line *line, size_t length, size_t max)
{
	line->fault = LINE_GOOD;
	if (length > max) {
		line->fault = LINE_TOO_LONG;
		length = 1;
	}
	length--;
	if (length > 0 && line->octets[length - 1] == '\r')
		length--;
	if (memchr(line->octets, '\0', length) != NULL) {
		line->fault = LINE_HAS_NUL;
		length = 0;
	}
	line->length = length;
	text_wipe(line->octets + length, sizeof(line->octets) - length);
}

/* A line of at most so many octets. */
static enum connection_status
read_line(struct connection *c, struct line *line, size_t max,
    struct deadline by)
{
	struct line next;
	size_t length = 0;
	enum connection_status status = c->broken;

	if (status == CONNECTION_OK && transport_is_over(&c->transport))
		status = CONNECTION_TIMED_OUT;
	if (status != CONNECTION_OK)
		return status;
	while (!move_input(c, &next, &length)) {
		status = fill(c, by);
		if (status != CONNECTION_OK)
			break;
	}
	if (status == CONNECTION_OK) {
		finish_line(&next, length, max);
		*line = next;
	}
	text_wipe(&next, sizeof(next));
	return status;
}

enum connection_status
connection_read_line(struct connection *c, struct line *line,
    struct deadline by)
{
	return read_line(c, line, CONNECTION_LINE_MAX, by);
}

enum connection_status
connection_read_response(struct connection *c, struct line *line,
    struct deadline by)
{
	return read_line(c, line, CONNECTION_RESPONSE_MAX, by);
}
