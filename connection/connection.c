#include "connection/connection.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"

#define INPUT_SIZE 4096
#define OUTPUT_SIZE ((size_t)128 << 10)

struct connection {
	int in, out;
	int stall_milliseconds;
	bool out_is_socket;
	bool is_limited;
	struct deadline until;		/* if so, the end of it all */
	enum connection_status broken;	/* sticky; CONNECTION_OK while fine */
	struct tls *tls;		/* NULL until it was started */

	/* input[input_start..input_end) is read and not yet handed out */
	size_t input_start, input_end;
	char input[INPUT_SIZE];

	size_t output_length;
	char output[OUTPUT_SIZE];
};

/* A last small packet must not wait until the client has acknowledged those
 * before, which it puts off; what belongs together we say with MSG_MORE. It
 * fails where there is no TCP, and that is well. */
static void
send_at_once(int fd)
{
	static const int yes = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
}

struct connection *
connection_new(int in, int out, int stall_milliseconds)
{
	struct connection *c = calloc(1, sizeof(*c));
	int type;

	if (c == NULL)
		return NULL;
	c->in = in;
	c->out = out;
	c->stall_milliseconds = stall_milliseconds;
	c->out_is_socket = getsockopt(out, SOL_SOCKET, SO_TYPE, &type,
	    &(socklen_t){ sizeof(type) }) == 0;
	if (c->out_is_socket)
		send_at_once(out);
	return c;
}

void
connection_free(struct connection *c)
{
	if (c == NULL)
		return;
	text_wipe(c->input, sizeof(c->input));
	free(c);
}

/* Waits for `events`; CONNECTION_OK if they came, or the descriptor has an
 * error which the next call on it will tell. */
static enum connection_status
await(int fd, short events, struct deadline by)
{
	struct pollfd pollfd = { .fd = fd, .events = events };

	for (;;) {
		int n = poll(&pollfd, 1, deadline_left(by));
		if (n > 0)
			return CONNECTION_OK;
		if (n == 0)
			return CONNECTION_TIMED_OUT;
		if (errno != EINTR)
			return CONNECTION_BROKEN;
	}
}

void
connection_limit(struct connection *c, const struct deadline *until)
{
	c->is_limited = until != NULL;
	if (c->is_limited)
		c->until = *until;
}

static bool
is_over(const struct connection *c)
{
	return c->is_limited && deadline_is_past(c->until);
}

static struct deadline
within_limit(const struct connection *c, struct deadline by)
{
	return c->is_limited && c->until.nanoseconds < by.nanoseconds
	    ? c->until : by;
}

/* Sends what can be sent without blocking; -1 with errno. `more` follows at
 * once: no small packet is due. */
static ssize_t
send_octets(const struct connection *c, const char *octets, size_t length,
    bool more)
{
	if (c->out_is_socket)
		return send(c->out, octets, length, MSG_DONTWAIT |
		    MSG_NOSIGNAL | (more ? MSG_MORE : 0));
	/* A pipe that polls writable takes this much without blocking. */
	return write(c->out, octets, length < PIPE_BUF ? length : PIPE_BUF);
}

/* The same as TLS records. To write one, nothing needs to be read: there is no
 * renegotiation. */
static ssize_t
send_some(const struct connection *c, const char *octets, size_t length,
    bool more)
{
	size_t sent;

	if (c->tls == NULL)
		return send_octets(c, octets, length, more);
	switch (tls_write(c->tls, octets, length, &sent)) {
	case TLS_DONE:
		return (ssize_t)sent;
	case TLS_WANTS_OUTPUT:
		errno = EAGAIN;
		return -1;
	case TLS_WANTS_INPUT:
	case TLS_ENDED:
	case TLS_FAILED:
		break;
	}
	errno = EPIPE;
	return -1;
}

static bool
is_transient(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

/* What the kernel has of our output that the peer has not taken. */
static int
unsent(const struct connection *c)
{
	int octets;

	return ioctl(c->out, SIOCOUTQ, &octets) == 0 ? octets : 0;
}

/* Waits until more can be sent. A socket becomes writable only when a good
 * part of its buffer is free, so a slow client is seen by what is unsent. */
static enum connection_status
await_room(struct connection *c)
{
	int before, after = unsent(c);
	enum connection_status status;

	do {
		if (is_over(c))
			return CONNECTION_STALLED;
		before = after;
		status = await(c->out, POLLOUT, within_limit(c,
		    deadline_in(c->stall_milliseconds)));
		after = unsent(c);
	} while (status == CONNECTION_TIMED_OUT && after < before);
	return status == CONNECTION_TIMED_OUT ? CONNECTION_STALLED : status;
}

/* A socket says itself when there is no room; anything else would block. */
static enum connection_status
send_all(struct connection *c, bool more)
{
	bool must_wait = !c->out_is_socket;
	size_t sent = 0;

	while (sent < c->output_length) {
		enum connection_status status = must_wait ? await_room(c)
		    : CONNECTION_OK;
		ssize_t n;

		if (status != CONNECTION_OK)
			return status;
		n = send_some(c, c->output + sent, c->output_length - sent,
		    more);
		if (n == -1 && !is_transient(errno))
			return CONNECTION_BROKEN;
		must_wait = !c->out_is_socket || n == -1;
		if (n > 0)
			sent += (size_t)n;
	}
	return CONNECTION_OK;
}

static enum connection_status
flush(struct connection *c, bool more)
{
	if (c->broken == CONNECTION_OK)
		c->broken = send_all(c, more);
	c->output_length = 0;
	return c->broken;
}

enum connection_status
connection_flush(struct connection *c)
{
	return flush(c, false);
}

char *
connection_reserve(struct connection *c, size_t least, size_t *room)
{
	assert(least <= CONNECTION_RESERVE_MAX);
	if (OUTPUT_SIZE - c->output_length < least)
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
connection_write(struct connection *c, const char *octets, size_t length)
{
	while (length > 0) {
		size_t room;
		char *at = connection_reserve(c, 1, &room);
		size_t part = room < length ? room : length;

		memcpy(at, octets, part);
		connection_append(c, part);
		octets += part;
		length -= part;
	}
}

bool
connection_is_broken(const struct connection *c)
{
	return c->broken != CONNECTION_OK;
}

/* --- TLS ---------------------------------------------------------------- */

/* As poll(2) and then read(2), but without waiting. What the library can go on
 * with for ever (updates of keys) it gets no more of once the time is up. */
static ssize_t
receive_now(void *context, char *octets, size_t length)
{
	const struct connection *c = context;
	ssize_t n = -1;

	if (!is_over(c) &&
	    await(c->in, POLLIN, deadline_in(0)) != CONNECTION_TIMED_OUT)
		n = read(c->in, octets, length);
	else
		errno = EAGAIN;
	if (n == -1 && is_transient(errno))
		errno = EAGAIN;
	return n;
}

static ssize_t
send_now(void *context, const char *octets, size_t length)
{
	const struct connection *c = context;
	ssize_t n = -1;

	if (c->out_is_socket || await(c->out, POLLOUT, deadline_in(0)) !=
	    CONNECTION_TIMED_OUT)
		n = send_octets(c, octets, length, false);
	else
		errno = EAGAIN;
	if (n == -1 && is_transient(errno))
		errno = EAGAIN;
	return n;
}

/* Waits for what a step of TLS wants before it can be made again. */
static enum connection_status
await_step(const struct connection *c, enum tls_status step,
    struct deadline by)
{
	if (is_over(c))
		return CONNECTION_TIMED_OUT;
	switch (step) {
	case TLS_WANTS_INPUT:
		return await(c->in, POLLIN, within_limit(c, by));
	case TLS_WANTS_OUTPUT:
		return await(c->out, POLLOUT, within_limit(c, by));
	case TLS_ENDED:
		return CONNECTION_CLOSED;
	case TLS_DONE:
	case TLS_FAILED:
		break;
	}
	return CONNECTION_BROKEN;
}

static enum connection_status
shake_hands(struct connection *c, struct deadline by)
{
	const struct tls_wire wire = { c, receive_now, send_now };
	enum connection_status status = CONNECTION_OK;
	enum tls_status step;

	if (!tls_begin(c->tls, &wire))
		return CONNECTION_BROKEN;
	while (status == CONNECTION_OK &&
	    (step = tls_handshake(c->tls)) != TLS_DONE)
		status = await_step(c, step, by);
	return status;
}

enum connection_status
connection_start_tls(struct connection *c, struct tls *tls,
    struct deadline by)
{
	if (c->input_start < c->input_end && c->broken == CONNECTION_OK)
		c->broken = CONNECTION_BROKEN;
	if (connection_flush(c) != CONNECTION_OK)
		return c->broken;
	c->tls = tls;
	c->broken = shake_hands(c, by);
	return c->broken;
}

void
connection_end(struct connection *c)
{
	if (connection_flush(c) == CONNECTION_OK && c->tls != NULL)
		tls_end(c->tls);
	if (c->out_is_socket)
		shutdown(c->out, SHUT_WR);
}

/* --- input -------------------------------------------------------------- */

/* Reads some input; *length is 0 if there was none after all. */
static enum connection_status
receive(struct connection *c, struct deadline by, size_t *length)
{
	enum connection_status status = await(c->in, POLLIN,
	    within_limit(c, by));
	ssize_t n;

	*length = 0;
	if (status != CONNECTION_OK)
		return status;
	n = read(c->in, c->input, sizeof(c->input));
	if (n == -1)
		return is_transient(errno) ? CONNECTION_OK : CONNECTION_BROKEN;
	*length = (size_t)n;
	return n == 0 ? CONNECTION_CLOSED : CONNECTION_OK;
}

/* The same inside TLS, where some may have come with what was read before. */
static enum connection_status
receive_tls(struct connection *c, struct deadline by, size_t *length)
{
	enum connection_status status = CONNECTION_OK;
	enum tls_status step;

	while (status == CONNECTION_OK && (step = tls_read(c->tls, c->input,
	    sizeof(c->input), length)) != TLS_DONE)
		status = await_step(c, step, by);
	return status;
}

/* Reads more input; flushes first, as we may have to wait. */
static enum connection_status
fill(struct connection *c, struct deadline by)
{
	enum connection_status status = connection_flush(c);
	size_t length;

	if (status == CONNECTION_OK && is_over(c))
		return CONNECTION_TIMED_OUT;
	if (status == CONNECTION_OK)
		status = c->tls == NULL ? receive(c, by, &length)
		    : receive_tls(c, by, &length);
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
		memcpy(line->octets + *length, start,
		    part < room ? part : room);
	}
	*length += part;
	text_wipe(start, part);
	c->input_start += part;
	return lf != NULL;
}

/* Takes the line end off and finds the faults. */
static void
finish_line(struct line *line, size_t length, size_t most)
{
	line->fault = LINE_GOOD;
	if (length > most) {
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
read_line(struct connection *c, struct line *line, size_t most,
    struct deadline by)
{
	struct line next;
	size_t length = 0;
	enum connection_status status = c->broken;

	if (status == CONNECTION_OK && is_over(c))
		status = CONNECTION_TIMED_OUT;
	if (status != CONNECTION_OK)
		return status;
	while (!move_input(c, &next, &length)) {
		status = fill(c, by);
		if (status != CONNECTION_OK)
			break;
	}
	if (status == CONNECTION_OK) {
		finish_line(&next, length, most);
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
