#include "listener/source.h"

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

/* The kinds of sources. */
enum { NO_ADDRESS, IPV4, IPV6 };

/* The IPv4 address that an IPv6 one stands for. */
static const void *
mapped(const struct in6_addr *six)
{
	return IN6_IS_ADDR_V4MAPPED(six) ? &six->s6_addr[12] : NULL;
}

struct source
source_of(const struct sockaddr_storage *address)
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
	struct source source = { { NO_ADDRESS } };
	const void *octets = NULL;

	if (address->ss_family == AF_INET)
		octets = &four->sin_addr;
	else if (address->ss_family == AF_INET6)
		octets = mapped(&six->sin6_addr);
	if (octets != NULL) {
		source.octets[0] = IPV4;
		memcpy(&source.octets[1], octets, 4);
	} else if (address->ss_family == AF_INET6) {
		source.octets[0] = IPV6;
		memcpy(&source.octets[1], &six->sin6_addr, 8);
	}
	return source;
}

bool
source_equal(const struct source *a, const struct source *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* FNV-1a. */
unsigned
source_network(const struct source *source)
{
	size_t length = source->octets[0] == IPV6 ? 6 : 3;
	uint32_t hash = 2166136261;

	for (size_t i = 0; i <= length; i++)
		hash = (hash ^ source->octets[i]) * 16777619;
	return (hash ^ hash >> 16) % SOURCE_NETWORKS;
}
