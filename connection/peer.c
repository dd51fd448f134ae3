#include "connection/peer.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static void
unmap(struct sockaddr_storage *address)
{
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
	struct sockaddr_in four = { .sin_family = AF_INET };

	if (address->ss_family != AF_INET6 ||
	    !IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
		return;
	memcpy(&four.sin_addr, &six->sin6_addr.s6_addr[12],
	    sizeof(four.sin_addr));
	memcpy(address, &four, sizeof(four));
}

/* Another address of this machine's own is not local: data behind it may be
 * passed on by address translation. */
static bool
is_loopback(const struct sockaddr_storage *address)
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;

	if (address->ss_family == AF_INET)
		return ntohl(four->sin_addr.s_addr) >> IN_CLASSA_NSHIFT ==
		    IN_LOOPBACKNET;
	return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
}

/* Whether it is a TCP socket's; one that is gone already has no address. */
static bool
is_tcp(int fd)
{
	struct sockaddr_storage own = { 0 };
	socklen_t length = sizeof(own);

	return getsockname(fd, (struct sockaddr *)&own, &length) == 0 &&
	    (own.ss_family == AF_INET || own.ss_family == AF_INET6);
}

bool
peer_is_listening(int fd)
{
	int yes = 0;
	socklen_t length = sizeof(yes);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &length) == 0 &&
	    yes != 0;
}

void
peer_of_address(const struct sockaddr_storage *told, struct peer *peer)
{
	struct sockaddr_storage address = *told;

	snprintf(peer->address, sizeof(peer->address), "local");
	peer->is_local = true;
	if (address.ss_family != AF_INET && address.ss_family != AF_INET6)
		return;
	unmap(&address);
	peer->is_local = is_loopback(&address);
	if (getnameinfo((struct sockaddr *)&address, sizeof(address),
	    peer->address, sizeof(peer->address), NULL, 0,
	    NI_NUMERICHOST) != 0)
		snprintf(peer->address, sizeof(peer->address), "local");
}

void
peer_of(int fd, struct peer *peer)
{
	struct sockaddr_storage address = { 0 };
	socklen_t length = sizeof(address);

	/* of who is gone already there is no address */
	if (getpeername(fd, (struct sockaddr *)&address, &length) == -1)
		address.ss_family = AF_UNSPEC;
	peer_of_address(&address, peer);
	if (address.ss_family != AF_INET && address.ss_family != AF_INET6)
		peer->is_local = !is_tcp(fd);
}
