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

void
peer_address(int fd, char address[PEER_SIZE])
{
	struct sockaddr_storage peer = { 0 };
	socklen_t length = sizeof(peer);

	if (getpeername(fd, (struct sockaddr *)&peer, &length) == 0 &&
	    (peer.ss_family == AF_INET || peer.ss_family == AF_INET6)) {
		unmap(&peer);
		if (getnameinfo((struct sockaddr *)&peer, sizeof(peer),
		    address, PEER_SIZE, NULL, 0, NI_NUMERICHOST) == 0)
			return;
	}
	snprintf(address, PEER_SIZE, "local");
}
