#include "base/text.h"

#include <string.h>

static const char lower_digits[] = "0123456789abcdef";

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
text_equal_nocase(const char *data, size_t length, const char *word)
{
	if (strlen(word) != length)
		return false;
	for (size_t i = 0; i < length; i++)
		if (lower(data[i]) != lower(word[i]))
			return false;
	return true;
}

bool
text_is_graphic(const char *data, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (data[i] < 0x21 || data[i] > 0x7e)
			return false;
	return true;
}

void
text_wipe(void *data, size_t length)
{
	explicit_bzero(data, length);
}
