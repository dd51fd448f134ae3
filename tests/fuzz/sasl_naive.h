/*
 * A second reading of base64 and PLAIN's message: what was read is
 * written again, and must be what was there. It shares nothing with base/ and
 * session/sasl.c.
 */
#ifndef TESTS_FUZZ_SASL_NAIVE_H
#define TESTS_FUZZ_SASL_NAIVE_H

#include "tests/fuzz/fuzz.h"

#define NAIVE_BASE64 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" \
	"0123456789+/"
#define NAIVE_PART_MAX 255

static inline char *
naive_encode(const unsigned char *octets, size_t length)
{
	char *text = fuzz_memory(4 * length + 5), *at = text;

	for (size_t bit = 0; bit < 8 * length; bit += 6) {
		unsigned six = 0;

		for (size_t i = bit; i < bit + 6; i++)
			six = six << 1 | (i < 8 * length ? octets[i / 8] >>
			    (7 - i % 8) & 1U : 0);
		*at++ = NAIVE_BASE64[six];
	}
	while ((at - text) % 4 != 0)
		*at++ = '=';
	return text;
}

/* The octets, on the heap; NULL if it is not base64. */
static inline unsigned char *
naive_decode(const char *text, size_t *length)
{
	size_t characters = strspn(text, NAIVE_BASE64);
	unsigned char *octets = fuzz_memory(characters + 1);
	char *again;
	bool is_same;

	for (size_t i = 0; i < 6 * characters; i++) {
		size_t six = (size_t)(strchr(NAIVE_BASE64, text[i / 6]) -
		    NAIVE_BASE64);

		octets[i / 8] |= (unsigned char)((six >> (5 - i % 6) & 1)
		    << (7 - i % 8));
	}
	*length = characters * 6 / 8;
	again = naive_encode(octets, *length);
	is_same = strcmp(again, text) == 0;
	free(again);
	if (is_same)
		return octets;
	free(octets);
	return NULL;
}

struct naive_plain {
	const char *name, *password;
	bool is_self;
	unsigned char *octets;		/* which the others are in */
};

/* PLAIN's message in base64; false if it is none. The caller frees. */
static inline bool
naive_plain(const char *text, struct naive_plain *plain)
{
	size_t length, sizes[3], n = 0;
	unsigned char *octets = naive_decode(text, &length);
	const char *parts[3], *at = (const char *)octets;

	*plain = (struct naive_plain){ .octets = octets };
	if (octets == NULL)
		return false;
	for (; n < 3; n++) {
		parts[n] = at;
		sizes[n] = strlen(at);
		if (sizes[n] > NAIVE_PART_MAX)
			return false;
		at += sizes[n] + 1;
		if ((at > (const char *)octets + length) != (n == 2))
			return false;
	}
	plain->name = parts[1];
	plain->password = parts[2];
	plain->is_self = sizes[0] == 0 || strcmp(parts[0], parts[1]) == 0;
	return sizes[1] > 0;
}

#endif
