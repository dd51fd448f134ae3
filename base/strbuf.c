#include "base/strbuf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

struct strbuf
strbuf_init(char *at, size_t size)
{
	assert(size > 0);
	at[0] = '\0';
	return (struct strbuf){ .at = at, .size = size };
}

void
strbuf_add(struct strbuf *buf, const char *data, size_t length)
{
	size_t room = buf->size - 1 - buf->length;

	if (length > room) {
		length = room;
		buf->truncated = true;
	}
	memcpy(buf->at + buf->length, data, length);
	buf->length += length;
	buf->at[buf->length] = '\0';
}

void
strbuf_add_number(struct strbuf *buf, uint64_t number)
{
	char digits[20];
	size_t first = sizeof(digits);

	do {
		digits[--first] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	strbuf_add(buf, digits + first, sizeof(digits) - first);
}

void
strbuf_add_hex(struct strbuf *buf, uint64_t number)
{
	char digits[16];

	for (size_t i = sizeof(digits); i-- > 0; number >>= 4)
		digits[i] = hex_digits[number & 0xf];
	strbuf_add(buf, digits, sizeof(digits));
}

void
strbuf_format(struct strbuf *buf, const char *format, ...)
{
	size_t room = buf->size - buf->length;
	va_list arguments;
	int wanted;

	va_start(arguments, format);
	wanted = vsnprintf(buf->at + buf->length, room, format, arguments);
	va_end(arguments);
	if (wanted < 0 || (size_t)wanted >= room) {
		buf->truncated = true;
		buf->length += strlen(buf->at + buf->length);
		return;
	}
	buf->length += (size_t)wanted;
}
