/* Who is at the other end of a descriptor. */
#ifndef CONNECTION_PEER_H
#define CONNECTION_PEER_H

/* An IPv6 address with a scope, and NUL. */
#define PEER_SIZE 64

/* The numeric address of the peer of a TCP socket, an IPv4 one without its
 * mapping to IPv6; "local" for anything else. */
void peer_address(int fd, char address[PEER_SIZE]);

#endif
