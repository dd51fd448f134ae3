#include "base/log_socket.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/strbuf.h"

#define PAUSE_MILLISECONDS 20

static struct sockaddr_un
address_of(const struct log_socket *s)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct strbuf text = strbuf_init(address.sun_path,
	    sizeof(address.sun_path));

	strbuf_format(&text, "%s", s->path);
	return address;
}

struct log_socket
log_socket_new(const char *path)
{
	return (struct log_socket){ .path = path, .fd = -1 };
}

bool
log_socket_open(struct log_socket *s)
{
	const struct sockaddr_un address = address_of(s);

	if (s->fd != -1)
		return true;
	s->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s->fd == -1 || connect(s->fd, (const struct sockaddr *)&address,
	    sizeof(address)) == 0 || errno != EPROTOTYPE)
		return true;
	log_socket_close(s);
	return false;
}

void
log_socket_close(struct log_socket *s)
{
	if (s->fd != -1)
		close(s->fd);
	s->fd = -1;
}

/* To `address`, or if it is NULL to whom the socket was connected. */
static bool
send_to(const struct log_socket *s, const struct sockaddr_un *address,
    struct iovec *parts, size_t count)
{
	const struct msghdr message = {
		.msg_name = (void *)address,
		.msg_namelen = address == NULL ? 0 : sizeof(*address),
		.msg_iov = parts,
		.msg_iovlen = count,
	};

	return sendmsg(s->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) != -1;
}

/* To the taker that was there when the socket was opened, or else to the one
 * that is there now. */
static bool
try_send(const struct log_socket *s, struct iovec *parts, size_t count)
{
	const struct sockaddr_un address = address_of(s);

	return send_to(s, NULL, parts, count) ||
	    (errno != EAGAIN && send_to(s, &address, parts, count));
}

/* Whether the next try may find what this one has not: its queue is full; it
 * was there and is not. */
static bool
may_come(const struct log_socket *s)
{
	return errno == EAGAIN || (s->has_taken &&
	    (errno == ENOENT || errno == ECONNREFUSED));
}

bool
log_socket_send(struct log_socket *s, struct iovec *parts, size_t count)
{
	const struct deadline by = deadline_in(s->is_given_up ? 0
	    : LOG_SOCKET_WAIT_MILLISECONDS);
	bool taken;

	while (!(taken = try_send(s, parts, count)) && may_come(s) &&
	    !deadline_is_past(by))
		deadline_sleep(by, PAUSE_MILLISECONDS);
	s->is_given_up = !taken;
	s->has_taken |= taken;
	return taken;
}
