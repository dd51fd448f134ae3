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

static const char *const traces[] = {
	"Return-Path", "Received", "Delivered-To", "Envelope-To",
	"X-Original-To",
};

/* The length of the name that the line begins with, 0 if it has none. */
static size_t
name_length(const char *line, size_t length)
{
	const char *colon = memchr(line, ':', length);
	size_t name = colon == NULL ? 0 : (size_t)(colon - line);

	/* RFC 5322 section 4.5: obsolete syntax has blanks before the colon */
	while (name > 0 && (line[name - 1] == ' ' || line[name - 1] == '\t'))
		name--;
	return name;
}

enum mbox_header
mbox_header_of(const char *line, size_t length)
{
	size_t name = name_length(line, length);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (text_is(line, name, names[i].name))
			return names[i].header;
	return MBOX_HEADER_OTHER;
}

bool
mbox_header_is_trace(const char *line, size_t length)
{
	size_t name = name_length(line, length);

	for (size_t i = 0; i < sizeof(traces) / sizeof(traces[0]); i++)
		if (text_is(line, name, traces[i]))
			return true;
	return false;
}
