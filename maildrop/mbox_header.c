#include "maildrop/mbox_header.h"

#include <string.h>

#include "base/text.h"

static const struct {
	const char *name;
	enum mbox_header header;
} names[] = {
	{ "Status", MBOX_HEADER_HIDDEN },
	{ "X-Status", MBOX_HEADER_HIDDEN },
	{ "X-Keywords", MBOX_HEADER_HIDDEN },
	{ "X-UID", MBOX_HEADER_HIDDEN },
	{ "X-IMAP", MBOX_HEADER_X_IMAP },
	{ "X-IMAPbase", MBOX_HEADER_X_IMAP },
	{ "Content-Length", MBOX_HEADER_CONTENT_LENGTH },
	{ "Subject", MBOX_HEADER_SUBJECT },
};

enum mbox_header
mbox_header_of(const char *line, size_t length)
{
	const char *colon = memchr(line, ':', length);
	size_t name;

	if (colon == NULL)
		return MBOX_HEADER_OTHER;
	name = (size_t)(colon - line);
	/* RFC 5322 section 4.5: obsolete syntax has blanks before the colon */
	while (name > 0 && (line[name - 1] == ' ' || line[name - 1] == '\t'))
		name--;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (text_is(line, name, names[i].name))
			return names[i].header;
	return MBOX_HEADER_OTHER;
}
