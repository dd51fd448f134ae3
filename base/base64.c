#include "base/base64.h"

#include <stdint.h>
#include <string.h>

#define GROUP 4			/* characters for up to three octets */
#define BITS 6			/* of a character */

static bool
take_character(char character, uint32_t *bits)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = memchr(alphabet, character, sizeof(alphabet) - 1);

	if (at == NULL)
		return false;
	*bits = *bits << BITS | (uint32_t)(at - alphabet);
	return true;
}

/* The octets of a group: three, less one for each of its `padding`. */
static bool
take_group(const char *text, size_t padding, char octets[3])
{
	uint32_t bits = 0;

	for (size_t i = 0; i < GROUP - padding; i++)
		if (!take_character(text[i], &bits))
			return false;
	bits <<= BITS * padding;
	octets[0] = (char)(bits >> 16);
	octets[1] = (char)(bits >> 8);
	octets[2] = (char)bits;
	return (bits & ((UINT32_C(1) << 8 * padding) - 1)) == 0;
}

static size_t
padding_of(const char *group)
{
	if (group[GROUP - 1] != '=')
		return 0;
	return group[GROUP - 2] == '=' ? 2 : 1;
}

bool
base64_decode(const char *text, size_t length, char *data, size_t size,
    size_t *decoded)
{
	size_t done = 0;

	if (length % GROUP != 0)
		return false;
	for (size_t at = 0; at < length; at += GROUP) {
		size_t padding = at + GROUP < length ? 0
		    : padding_of(text + at);
		char group[3];

		if (!take_group(text + at, padding, group) ||
		    sizeof(group) - padding > size - done)
			return false;
		memcpy(data + done, group, sizeof(group) - padding);
		done += sizeof(group) - padding;
	}
	*decoded = done;
	return true;
}
