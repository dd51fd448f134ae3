#include "maildrop/mbox/header.h"

#include <string.h>

#include "base/count.h"
#include "base/text.h"

#define NAME(name) (name), sizeof(name) - 1

/* Who writes which, and why others are not here: PROTOCOL.md. A first letter
 * that is new here is new in scan_many.c's wants_look, too. */
static const struct {
	const char *name;
	size_t length;
	enum mbox_header header;
} names[] = {
	{ NAME("Subject"), MBOX_HEADER_SUBJECT },
	{ NAME("Status"), MBOX_HEADER_HIDDEN },
	{ NAME("Lines"), MBOX_HEADER_HIDDEN },
	{ NAME("Content-Length"), MBOX_HEADER_CONTENT_LENGTH },
	{ NAME("X-IMAP"), MBOX_HEADER_X_IMAP },
	{ NAME("X-IMAPbase"), MBOX_HEADER_X_IMAP },
	{ NAME("X-Status"), MBOX_HEADER_HIDDEN },
	{ NAME("X-Keywords"), MBOX_HEADER_HIDDEN },
	{ NAME("X-UID"), MBOX_HEADER_HIDDEN },
	{ NAME("X-Label"), MBOX_HEADER_HIDDEN },
	{ NAME("X-Evolution"), MBOX_HEADER_HIDDEN },
	{ NAME("X-Mozilla-Status"), MBOX_HEADER_HIDDEN },
	{ NAME("X-Mozilla-Status2"), MBOX_HEADER_HIDDEN },
	{ NAME("X-Mozilla-Keys"), MBOX_HEADER_HIDDEN },
	{ NAME("X-Length"), MBOX_HEADER_HIDDEN },
	{ NAME("X-KMail-EncryptionState"), MBOX_HEADER_HIDDEN },
	{ NAME("X-KMail-SignatureState"), MBOX_HEADER_HIDDEN },
	{ NAME("X-KMail-MDN-Sent"), MBOX_HEADER_HIDDEN },
	{ NAME("X-LibEtPan-UID"), MBOX_HEADER_HIDDEN },
	{ NAME("X-RMAIL-ATTRIBUTES"), MBOX_HEADER_HIDDEN },
	{ NAME("X-RMAIL-KEYWORDS"), MBOX_HEADER_HIDDEN },
	{ NAME("X-Gnus-Newsgroup"), MBOX_HEADER_HIDDEN },
	{ NAME("X-Gnus-Article-Number"), MBOX_HEADER_HIDDEN },
};

/* Emacs' VM has a dozen that begin so. */
#define VM_PREFIX "X-VM-"

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

	for (size_t i = 0; i < COUNT(names); i++)
		if (name == names[i].length &&
		    text_equal_nocase(line, name, names[i].name))
			return names[i].header;
	return name > sizeof(VM_PREFIX) - 1 &&
	    text_equal_nocase(line, sizeof(VM_PREFIX) - 1, VM_PREFIX)
	    ? MBOX_HEADER_HIDDEN : MBOX_HEADER_OTHER;
}

bool
mbox_header_is_trace(const char *line, size_t length)
{
	size_t name = name_length(line, length);

	for (size_t i = 0; i < COUNT(traces); i++)
		if (text_equal_nocase(line, name, traces[i]))
			return true;
	return false;
}
