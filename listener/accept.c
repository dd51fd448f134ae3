#include "listener/accept.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "connection/peer.h"

static bool
is_full(const struct listener *l)
{
	return children_in(&l->children, CHILD_PREAUTH) +
	    children_in(&l->children, CHILD_LOGGED_IN) >=
	    l->limits.connections_max;
}

/* Whether the limits let it in; a log line says why not. */
static bool
is_within(struct listener *l, const struct source *source, const char *address)
{
	if (children_from(&l->children, source) >= l->limits.per_source_max) {
		notice_log(&l->of_source, LOG_NOTICE, "turned away %s: it has "
		    "%u connections (--max-per-source)", address,
		    l->limits.per_source_max);
		return false;
	}
	if (is_full(l) && children_in(&l->children, CHILD_PREAUTH) == 0) {
		notice_log(&l->full, LOG_WARNING, "turned away %s: there are "
		    "%u sessions (--max-connections)", address,
		    l->limits.connections_max);
		return false;
	}
	return true;
}

/* Tries once: whoever takes nothing is not waited for. */
static void
tell(int fd, const char *line)
{
	if (line != NULL)
		(void)send(fd, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void
turn_away(struct listener *l, int fd, const char *refusal)
{
	l->turned_away++;
	tell(fd, refusal);
	close(fd);
}

/* Whoever is gone before it was accepted is nobody: the network's errors are
 * the connection's (accept(2)). After any other one it may still wait. */
static enum accept_status
status_of(int error)
{
	switch (error) {
	case EAGAIN:
	case EINTR:
	case ECONNABORTED:
	case EPROTO:
	case ENOPROTOOPT:
	case EOPNOTSUPP:
	case ENETDOWN:
	case ENETUNREACH:
	case ENONET:
	case EHOSTDOWN:
	case EHOSTUNREACH:
	case ETIMEDOUT:
		return ACCEPT_NONE;
	default:
		return ACCEPT_FAILED;
	}
}

enum accept_status
accept_next(struct listener *l, unsigned socket, struct accepted *a)
{
	struct sockaddr_storage address = { 0 };
	socklen_t length = sizeof(address);
	struct peer peer = { 0 };

	a->socket = socket;
	a->fd = accept4(l->sockets[socket].fd, (struct sockaddr *)&address,
	    &length, SOCK_CLOEXEC);
	if (a->fd == -1)
		return status_of(errno);
	a->source = source_of(&address);
	peer_of_address(&address, &peer);
	if (!is_within(l, &a->source, peer.address)) {
		turn_away(l, a->fd, l->sockets[socket].refusal);
		return ACCEPT_REFUSED;
	}
	if (!l->is_exposed)
		tell(a->fd, l->sockets[socket].greeting);
	return ACCEPT_DONE;
}

static bool
lacks_place(const struct listener *l)
{
	return is_full(l) || children_in(&l->children, CHILD_PREAUTH) >=
	    l->limits.preauth_max;
}

void
accept_make_place(struct listener *l)
{
	struct child *oldest;

	while (lacks_place(l) &&
	    (oldest = children_oldest_of_crowd(&l->children)) != NULL) {
		if (!children_drop(oldest))
			continue;
		l->dropped++;
		notice_log(&l->preauth, LOG_NOTICE, "dropped a connection "
		    "that had not logged in, for a new one "
		    "(--max-preauth=%u)", l->limits.preauth_max);
	}
}
