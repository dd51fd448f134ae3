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
	/* Data stay on this machine: the peer has a loopback address, or none.
	 * Of a connection that a proxy passes on we see the proxy. */
	bool is_local;
	/* There is none: the socket itself waits for connections. */
	bool is_missing;
};

void peer_of(int fd, struct peer *);

#endif
