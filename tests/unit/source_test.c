/*
 * Where connections come from (listener/source.h): an IPv4 address, whichever
 * way it comes, the first half of an IPv6 one, or no address.
 */
#include "listener/source.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/count.h"
#include "tests/unit/check.h"

static struct source
of(const char *address)
{
	struct sockaddr_storage at;
	struct sockaddr_in *four = (struct sockaddr_in *)&at;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&at;

	/* what the kernel leaves is no part of the address */
	memset(&at, 0xa5, sizeof(at));
	if (strcmp(address, "unix") == 0) {
		at.ss_family = AF_UNIX;
	} else if (strchr(address, ':') != NULL) {
		at.ss_family = AF_INET6;
		if (inet_pton(AF_INET6, address, &six->sin6_addr) != 1)
			abort();
	} else {
		at.ss_family = AF_INET;
		if (inet_pton(AF_INET, address, &four->sin_addr) != 1)
			abort();
	}
	return source_of(&at);
}

static void
check_pairs(const char *sentence, const char *const pairs[][2], bool equal)
{
	check_begin(sentence);
	for (size_t i = 0; pairs[i][0] != NULL; i++) {
		struct source a = of(pairs[i][0]), b = of(pairs[i][1]);

		check_that(source_equal(&a, &b) == equal &&
		    source_equal(&b, &a) == equal, "%s and %s", pairs[i][0],
		    pairs[i][1]);
	}
	check_end();
}

static void
check_networks(void)
{
	static const char *const one[] = {
		"192.0.2.1", "192.0.2.254", "2001:db8:1::1", "2001:db8:1:f::1",
		"unix", "unix",
	};
	static const char *const other[] = {
		"192.0.3.1", "2001:db8:2::1", "::", "unix",
	};

	check_begin("A network is an IPv4 /24, or an IPv6 /48");
	for (size_t i = 0; i < COUNT(one); i += 2) {
		struct source a = of(one[i]), b = of(one[i + 1]);

		check_same(source_network(&a), source_network(&b), one[i]);
		check_that(source_network(&a) < SOURCE_NETWORKS, "%s", one[i]);
	}
	for (size_t i = 0; i < COUNT(other); i++) {
		struct source a = of("192.0.2.1"), b = of("2001:db8:1::1"),
		    c = of(other[i]);

		check_that(source_network(&a) != source_network(&c) &&
		    source_network(&b) != source_network(&c), "%s", other[i]);
	}
	check_end();
}

int
main(void)
{
	static const char *const one[][2] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "192.0.2.1", "::ffff:192.0.2.1" },
		{ "::ffff:0.0.0.0", "0.0.0.0" },
		{ "2001:db8::1", "2001:db8::2" },
		{ "2001:db8:1:2::", "2001:db8:1:2:ffff:ffff:ffff:ffff" },
		{ "unix", "unix" },
		{ NULL, NULL },
	};
	static const char *const two[][2] = {
		{ "192.0.2.1", "192.0.2.2" },
		{ "192.0.2.1", "192.0.3.1" },
		{ "1.0.0.0", "0.0.0.1" },
		{ "192.0.2.1", "::ffff:192.0.2.2" },
		/* only a mapped address stands for another one */
		{ "192.0.2.1", "::192.0.2.1" },
		{ "192.0.2.1", "c000:201::" },
		{ "2001:db8:1:2::1", "2001:db8:1:3::1" },
		{ "2001:db8::1", "2001:db9::1" },
		{ "0.0.0.0", "::" },
		{ "unix", "0.0.0.0" },
		{ "unix", "::" },
		{ NULL, NULL },
	};

	check_pairs("These are one source", one, true);
	check_pairs("These are two", two, false);
	check_networks();
	return check_status();
}
