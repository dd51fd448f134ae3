#include "base/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char lower_digits[] = "0123456789abcdef";

struct text
text_over(char *at, size_t size)
{
	assert(size > 0);
	at[0] = '\0';
	return (struct text){ .at = at, .size = size };
}

void
text_add(struct text *text, const char *octets, size_t length)
{
	size_t room = text->size - 1 - text->length;

	if (length > room) {
		length = room;
		text->cut = true;
	}
	memcpy(text->at + text->length, octets, length);
	text->length += length;
	text->at[text->length] = '\0';
}

void
text_add_number(struct text *text, uint64_t number)
{
	char digits[20];
	size_t first = sizeof(digits);

	do {
		digits[--first] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	text_add(text, digits + first, sizeof(digits) - first);
}

void
text_add_hexadecimal(struct text *text, uint64_t number)
{
	char digits[16];

	for (size_t i = sizeof(digits); i-- > 0; number >>= 4)
		digits[i] = lower_digits[number & 0xf];
	text_add(text, digits, sizeof(digits));
}

void
text_format(struct text *text, const char *format, ...)
{
	size_t room = text->size - text->length;
	va_list arguments;
	int wanted;

	va_start(arguments, format);
	wanted = vsnprintf(text->at + text->length, room, format, arguments);
	va_end(arguments);
	if (wanted < 0 || (size_t)wanted >= room) {
		text->cut = true;
		text->length += strlen(text->at + text->length);
		return;
	}
	text->length += (size_t)wanted;
}

bool
text_number(const char *digits, size_t length, uint64_t max, uint64_t *number)
{
	uint64_t value = 0;

	if (length == 0)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return false;
		uint64_t digit = (uint64_t)(digits[i] - '0');
		if (value > (max - digit) / 10 || digit > max)
			return false;
		value = value * 10 + digit;
	}
	*number = value;
	return true;
}

bool
text_hexadecimal(const char *digits, size_t length, uint64_t *number)
{
	static const char upper[] = "0123456789ABCDEF";
	uint64_t value = 0;

	if (length == 0 || length > 16)
		return false;
	for (size_t i = 0; i < length; i++) {
		const char *all = digits[i] >= 'a' ? lower_digits : upper;
		const char *digit = strchr(all, digits[i]);

		if (digit == NULL || *digit == '\0')
			return false;
		value = value << 4 | (uint64_t)(digit - all);
	}
	*number = value;
	return true;
}

static char
lower(char octet)
{
	return octet >= 'A' && octet <= 'Z' ? (char)(octet + 32) : octet;
}

bool
text_is(const char *octets, size_t length, const char *word)
{
	if (strlen(word) != length)
		return false;
	for (size_t i = 0; i < length; i++)
		if (lower(octets[i]) != lower(word[i]))
			return false;
	return true;
}

bool
text_is_graphic(const char *octets, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (octets[i] < 0x21 || octets[i] > 0x7e)
			return false;
	return true;
}

void
text_wipe(void *octets, size_t length)
{
	explicit_bzero(octets, length);
}
