/* Who is at the other end of a descriptor. */
#ifndef CONNECTION_PEER_H
#define CONNECTION_PEER_H

#include <stdbool.h>

/* An IPv6 address with a scope, and NUL. */
#define PEER_SIZE 64

struct peer {
	/* The numeric address of the peer of a TCP socket, an IPv4 one without
	 * its mapping to IPv6; "local" for anything else. */
	char address[PEER_SIZE];
	/* What is said to it stays on this machine: it has a loopback address,
	 * or none. Who passes connections on, as a proxy does, is what we
	 * see of them. */
	bool is_near;
	/* There is none: the socket itself waits for connections. */
	bool is_missing;
};

void peer_of(int fd, struct peer *);

#endif
