/*
 * PLAIN's message, in base64, against a naive reading.
 *
 * An octet: whether the rest is base64, or its octets are put into it. Then
 * the rest.
 */
#include "session/sasl.h"

#include "base/base64.h"
#include "tests/fuzz/sasl_naive.h"

static void
check_base64(const char *text)
{
	size_t length = strlen(text), wanted_length, decoded = 77;
	unsigned char *wanted = naive_decode(text, &wanted_length);
	size_t size = wanted == NULL ? length : wanted_length;
	char *octets = fuzz_memory(size);
	bool done = base64_decode(text, length, octets, size, &decoded);

	fuzz_require(done == (wanted != NULL), "base64: %d", (int)done);
	fuzz_require(!done || (decoded == wanted_length && (decoded == 0 ||
	    memcmp(octets, wanted, decoded) == 0)), "other octets");
	fuzz_require(done || decoded == 77, "a length was written");
	if (done && size > 0)
		fuzz_require(!base64_decode(text, length, octets, size - 1,
		    &decoded), "no room was needed");
	free(octets);
	free(wanted);
}

static void
check_plain(const char *text)
{
	struct naive_plain wanted;
	struct sasl_plain plain;
	bool is_wanted = naive_plain(text, &wanted);
	bool done = sasl_plain_take(&plain, text, strlen(text));

	fuzz_require(done == is_wanted, "PLAIN: %d", (int)done);
	fuzz_require(!done || (plain.is_self == wanted.is_self &&
	    strcmp(plain.name, wanted.name) == 0 &&
	    strcmp(plain.password, wanted.password) == 0), "other parts");
	free(wanted.octets);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	struct fuzz_input input = fuzz_input(octets, length);
	bool is_base64 = fuzz_octet(&input) % 2 == 0;
	const unsigned char *rest = (const unsigned char *)input.at;
	char *text = is_base64 ? fuzz_string(input)
	    : naive_encode(rest, input.length);

	check_base64(text);
	check_plain(text);
	free(text);
	return 0;
}
