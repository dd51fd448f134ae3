#include "import/lines.h"

#include <string.h>

#include "base/text.h"

struct import_line
import_lines(const struct import_message *message)
{
	return (struct import_line){
		message->head, 0, message->head + message->length
	};
}

static size_t
length_of(const char *at, const char *end)
{
	const char *lf = at == end ? NULL : memchr(at, '\n',
	    (size_t)(end - at));

	return (size_t)((lf == NULL ? end : lf + 1) - at);
}

bool
import_line_next(struct import_line *line)
{
	line->at += line->length;
	line->length = length_of(line->at, line->end);
	return line->length > 0 && line->at[0] != '\n' &&
	    (line->length != 2 || memcmp(line->at, "\r\n", 2) != 0);
}

bool
import_line_is_folded(const struct import_line *line)
{
	return line->at[0] == ' ' || line->at[0] == '\t';
}

bool
import_line_is(const struct import_line *line, const char *name)
{
	size_t length = strlen(name);

	return line->length > length && line->at[length] == ':' &&
	    text_equal_nocase(line->at, length, name);
}

struct import_value
import_line_value(const struct import_line *line)
{
	const char *end = line->at + line->length, *at = line->at;

	if (end > at && end[-1] == '\n')
		end--;
	if (end > at && end[-1] == '\r')
		end--;
	if (!import_line_is_folded(line)) {
		const char *colon = memchr(at, ':', (size_t)(end - at));

		at = colon == NULL ? end : colon + 1;
		while (at < end && (*at == ' ' || *at == '\t'))
			at++;
	}
	return (struct import_value){ at, (size_t)(end - at) };
}
