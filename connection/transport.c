#include "connection/transport.h"

#include <errno.h>
#include <limits.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/min.h"

/* A last small packet must not wait until the client has acknowledged those
 * before, which it puts off; what belongs together we say with MSG_MORE. It
 * fails where there is no TCP, and that is well. */
static void
send_at_once(int fd)
{
	static const int yes = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
}

void
transport_init(struct transport *t, int in, int out, int stall_milliseconds)
{
	int type;

	*t = (struct transport){
		.in = in,
		.out = out,
		.stall_milliseconds = stall_milliseconds,
		.out_is_socket = getsockopt(out, SOL_SOCKET, SO_TYPE, &type,
		    &(socklen_t){ sizeof(type) }) == 0,
	};
	if (t->out_is_socket)
		send_at_once(out);
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

bool
transport_is_over(const struct transport *t)
{
	return t->is_limited && deadline_is_past(t->until);
}

static struct deadline
within_limit(const struct transport *t, struct deadline by)
{
	return t->is_limited && t->until.nanoseconds < by.nanoseconds
	    ? t->until : by;
}

/* --- sending ------------------------------------------------------------- */

/* A call that would have to wait. */
static ssize_t
again(void)
{
	errno = EAGAIN;
	return -1;
}

/* Sends what can be sent without blocking; -1 with errno. `more` follows at
 * once: no small packet is due. */
static ssize_t
send_plain(const struct transport *t, const char *data, size_t length,
    bool more)
{
	if (t->out_is_socket)
		return send(t->out, data, length, MSG_DONTWAIT |
		    MSG_NOSIGNAL | (more ? MSG_MORE : 0));
	/* A pipe that polls writable takes this much without blocking. */
	return write(t->out, data, min_size(length, PIPE_BUF));
}

/* Sends some, as TLS records if it was started. To write one, nothing needs to
 * be read: there is no renegotiation. */
static ssize_t
send_some(const struct transport *t, const char *data, size_t length,
    bool more)
{
	size_t sent;

	if (!t->is_secure)
		return send_plain(t, data, length, more);
	switch (tls_write(t->tls, data, length, &sent)) {
	case TLS_DONE:
		return (ssize_t)sent;
	case TLS_WANTS_OUTPUT:
		return again();
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
unsent(const struct transport *t)
{
	int octets;

	return ioctl(t->out, SIOCOUTQ, &octets) == 0 ? octets : 0;
}

/* Waits until more can be sent. A socket becomes writable only when a good
 * part of its buffer is free, so a slow client is seen by what is unsent. */
static enum connection_status
await_room(struct transport *t)
{
	int before, after = unsent(t);
	enum connection_status status;

	do {
		if (transport_is_over(t))
			return CONNECTION_STALLED;
		before = after;
		status = await(t->out, POLLOUT, within_limit(t,
		    deadline_in(t->stall_milliseconds)));
		after = unsent(t);
	} while (status == CONNECTION_TIMED_OUT && after < before);
	return status == CONNECTION_TIMED_OUT ? CONNECTION_STALLED : status;
}

/* A socket says itself when there is no room; anything else would block. */
enum connection_status
transport_send(struct transport *t, const char *data, size_t length, bool more)
{
	bool must_wait = !t->out_is_socket;

	while (length > 0) {
		enum connection_status status = must_wait ? await_room(t)
		    : CONNECTION_OK;
		ssize_t n;

		if (status != CONNECTION_OK)
			return status;
		n = send_some(t, data, length, more);
		if (n == -1 && !is_transient(errno))
			return CONNECTION_BROKEN;
		must_wait = !t->out_is_socket || n == -1;
		if (n > 0) {
			data += n;
			length -= (size_t)n;
		}
	}
	return CONNECTION_OK;
}

/* --- TLS ----------------------------------------------------------------- */

/* Likewise, of what the kernel has said. */
static ssize_t
or_again(ssize_t n)
{
	if (n == -1 && is_transient(errno))
		errno = EAGAIN;
	return n;
}

static ssize_t
take(struct transport *t, char *data, size_t size)
{
	ssize_t n = read(t->in, data, size);

	t->has_heard |= n > 0;
	return n;
}

/* As poll(2) and then read(2), but without waiting. The library could go on
 * for ever with updates of keys: it gets none once the time is up. */
static ssize_t
receive_now(void *context, char *data, size_t size)
{
	struct transport *t = context;

	if (transport_is_over(t) ||
	    await(t->in, POLLIN, deadline_in(0)) == CONNECTION_TIMED_OUT)
		return again();
	return or_again(take(t, data, size));
}

static ssize_t
send_now(void *context, const char *data, size_t length)
{
	const struct transport *t = context;

	if (!t->out_is_socket && await(t->out, POLLOUT, deadline_in(0)) ==
	    CONNECTION_TIMED_OUT)
		return again();
	return or_again(send_plain(t, data, length, false));
}

/* Waits for what a step of TLS wants before it can be made again. */
static enum connection_status
await_step(const struct transport *t, enum tls_status step,
    struct deadline by)
{
	if (transport_is_over(t))
		return CONNECTION_TIMED_OUT;
	switch (step) {
	case TLS_WANTS_INPUT:
		return await(t->in, POLLIN, within_limit(t, by));
	case TLS_WANTS_OUTPUT:
		return await(t->out, POLLOUT, within_limit(t, by));
	case TLS_ENDED:
		return CONNECTION_CLOSED;
	case TLS_DONE:
	case TLS_FAILED:
		break;
	}
	return CONNECTION_BROKEN;
}

enum connection_status
transport_start_tls(struct transport *t, struct deadline by)
{
	const struct tls_wire wire = { t, receive_now, send_now };
	enum connection_status status = CONNECTION_OK;
	enum tls_status step;

	t->is_secure = true;
	if (!tls_begin(t->tls, &wire))
		return CONNECTION_BROKEN;
	while (status == CONNECTION_OK &&
	    (step = tls_handshake(t->tls)) != TLS_DONE)
		status = await_step(t, step, by);
	return status;
}

/* --- receiving ----------------------------------------------------------- */

/* Reads some input; *length is 0 if there was none after all. */
static enum connection_status
receive_plain(struct transport *t, char *data, size_t size,
    struct deadline by, size_t *length)
{
	enum connection_status status = await(t->in, POLLIN,
	    within_limit(t, by));
	ssize_t n;

	*length = 0;
	if (status != CONNECTION_OK)
		return status;
	n = take(t, data, size);
	if (n == -1)
		return is_transient(errno) ? CONNECTION_OK : CONNECTION_BROKEN;
	*length = (size_t)n;
	return n == 0 ? CONNECTION_CLOSED : CONNECTION_OK;
}

/* Likewise inside TLS, where some may have come with what was read before. */
static enum connection_status
receive_tls(struct transport *t, char *data, size_t size, struct deadline by,
    size_t *length)
{
	enum connection_status status = CONNECTION_OK;
	enum tls_status step;

	while (status == CONNECTION_OK && (step = tls_read(t->tls, data, size,
	    length)) != TLS_DONE)
		status = await_step(t, step, by);
	return status;
}

enum connection_status
transport_receive(struct transport *t, char *data, size_t size,
    struct deadline by, size_t *length)
{
	return t->is_secure ? receive_tls(t, data, size, by, length)
	    : receive_plain(t, data, size, by, length);
}

void
transport_end(struct transport *t, bool is_whole)
{
	if (is_whole && t->is_secure)
		tls_end(t->tls);
	if (t->out_is_socket)
		shutdown(t->out, SHUT_WR);
}
