/*
 * The headers that mean something to an mbox.
 *
 * Some belong to the mailbox and not to the message: mail readers and delivery
 * agents write them, and they are never sent, counted or hashed.
 */
#ifndef MAILDROP_MBOX_HEADER_H
#define MAILDROP_MBOX_HEADER_H

#include <stdbool.h>
#include <stddef.h>

enum mbox_header {
	MBOX_HEADER_NONE,	/* not a header line */
	MBOX_HEADER_OTHER,
	MBOX_HEADER_SUBJECT,

	/* the mailbox's own, from here on */
	MBOX_HEADER_HIDDEN,
	MBOX_HEADER_X_IMAP,
	MBOX_HEADER_CONTENT_LENGTH,
};

/* Which header a line of a header section begins; `line` may be cut after
 * MBOX_FROM_MAX octets. */
enum mbox_header mbox_header_of(const char *line, size_t length);

static inline bool
mbox_header_is_hidden(enum mbox_header header)
{
	return header >= MBOX_HEADER_HIDDEN;
}

/* Whether the line is of a header that delivery puts before all others, as
 * far as its first MBOX_TRACE_MAX octets tell. */
#define MBOX_TRACE_MAX 16
bool mbox_header_is_trace(const char *line, size_t length);

#endif
