#include "listener/channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* A message with room for one descriptor beside its octets. */
struct envelope {
	struct msghdr message;
	struct iovec octets;
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
};

static void
fill(struct envelope *e, unsigned *socket)
{
	memset(e, 0, sizeof(*e));
	e->octets = (struct iovec){ socket, sizeof(*socket) };
	e->message.msg_iov = &e->octets;
	e->message.msg_iovlen = 1;
	e->message.msg_control = e->control;
	e->message.msg_controllen = sizeof(e->control);
}

bool
channel_open(int *own, int *child)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == -1)
		return false;
	*own = ends[0];
	*child = ends[1];
	return true;
}

bool
channel_hand(int channel, int connection, unsigned socket)
{
	struct envelope e;
	struct cmsghdr *header;

	fill(&e, &socket);
	header = CMSG_FIRSTHDR(&e.message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(connection));
	memcpy(CMSG_DATA(header), &connection, sizeof(connection));
	return sendmsg(channel, &e.message, MSG_NOSIGNAL | MSG_DONTWAIT) ==
	    sizeof(socket);
}

int
channel_take(int channel, unsigned *socket)
{
	struct envelope e;
	struct cmsghdr *header;
	ssize_t length;
	int connection;

	fill(&e, socket);
	while ((length = recvmsg(channel, &e.message, MSG_CMSG_CLOEXEC)) ==
	    -1 && errno == EINTR)
		continue;
	header = CMSG_FIRSTHDR(&e.message);
	if (length != sizeof(*socket) || header == NULL ||
	    header->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&connection, CMSG_DATA(header), sizeof(connection));
	return connection;
}

void
channel_tell_login(int channel)
{
	static const char login = 'L';

	/* a listener that is gone need not know */
	(void)send(channel, &login, sizeof(login), MSG_NOSIGNAL |
	    MSG_DONTWAIT);
	close(channel);
}

bool
channel_has_login(int channel)
{
	char octet;

	return recv(channel, &octet, sizeof(octet), MSG_DONTWAIT) == 1;
}
