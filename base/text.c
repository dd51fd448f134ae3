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

/* The length of the character that `octets` begin with; 0 if they do not. A
 * first octet tells the length, and what the second may be, so that nothing
 * has two forms and surrogates have none. */
static size_t
utf8_length(const unsigned char *octets, size_t length)
{
	static const struct {
		unsigned char first, last, second_least, second_most;
		unsigned char length;
	} forms[] = {
		{ 0x00, 0x7f, 0x00, 0xff, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	size_t row = 0;

	while (row < sizeof(forms) / sizeof(forms[0]) &&
	    (octets[0] < forms[row].first || octets[0] > forms[row].last))
		row++;
	if (row == sizeof(forms) / sizeof(forms[0]) ||
	    forms[row].length > length)
		return 0;
	for (size_t i = 1; i < forms[row].length; i++)
		if (octets[i] < (i == 1 ? forms[row].second_least : 0x80) ||
		    octets[i] > (i == 1 ? forms[row].second_most : 0xbf))
			return 0;
	return forms[row].length;
}

bool
text_is_utf8(const char *octets, size_t length)
{
	const unsigned char *at = (const unsigned char *)octets;

	while (length > 0) {
		size_t character = utf8_length(at, length);

		if (character == 0)
			return false;
		at += character;
		length -= character;
	}
	return true;
}

void
text_wipe(void *octets, size_t length)
{
	explicit_bzero(octets, length);
}
