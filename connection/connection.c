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
send_some(const struct connection *c, const char *octets, size_t length,
    bool more)
{
	if (c->out_is_socket)
		return send(c->out, octets, length, MSG_DONTWAIT |
		    MSG_NOSIGNAL | (more ? MSG_MORE : 0));
	/* A pipe that polls writable takes this much without blocking. */
	return write(c->out, octets, length < PIPE_BUF ? length : PIPE_BUF);
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

void
connection_end(struct connection *c)
{
	connection_flush(c);
	if (c->out_is_socket)
		shutdown(c->out, SHUT_WR);
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

/* Reads more input; flushes first, as we may have to wait. */
static enum connection_status
fill(struct connection *c, struct deadline by)
{
	enum connection_status status = connection_flush(c);
	ssize_t n;

	if (status == CONNECTION_OK && is_over(c))
		return CONNECTION_TIMED_OUT;
	if (status == CONNECTION_OK)
		status = await(c->in, POLLIN, within_limit(c, by));
	if (status != CONNECTION_OK)
		return status;
	n = read(c->in, c->input, sizeof(c->input));
	if (n == -1 && is_transient(errno))
		return CONNECTION_OK;
	if (n == -1)
		return CONNECTION_BROKEN;
	if (n == 0)
		return CONNECTION_CLOSED;
	c->input_start = 0;
	c->input_end = (size_t)n;
	return CONNECTION_OK;
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
finish_line(struct line *line, size_t length)
{
	line->fault = LINE_GOOD;
	if (length > CONNECTION_LINE_MAX) {
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

enum connection_status
connection_read_line(struct connection *c, struct line *line,
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
		finish_line(&next, length);
		*line = next;
	}
	text_wipe(&next, sizeof(next));
	return status;
}
