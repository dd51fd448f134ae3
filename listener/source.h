/* Where connections come from, for the limit of each source (pure). */
#ifndef LISTENER_SOURCE_H
#define LISTENER_SOURCE_H

#include <stdbool.h>
#include <sys/socket.h>

/* An IPv4 address, or the first 64 bits of an IPv6 one, which one customer has
 * and can use all of; or what is no address, which is one source. */
struct source {
	unsigned char octets[9];
};

struct source source_of(const struct sockaddr_storage *);
bool source_equal(const struct source *, const struct source *);

/* A number for the network around it (IPv4 /24, IPv6 /48), which one customer
 * may have, too; rarely the same for two. */
#define SOURCE_NETWORKS 1024
unsigned source_network(const struct source *);

#endif
