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
};

/* Whether it is a socket that waits for connections. */
bool peer_is_listening(int fd);

void peer_of(int fd, struct peer *);

/* The same of an address that accept(2) has told. */
struct sockaddr_storage;
void peer_of_address(const struct sockaddr_storage *, struct peer *);

#endif
