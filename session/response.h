/*
 * What the server says: +OK, -ERR, and the response codes of RFC 2449
 * section 8 and RFC 3206.
 *
 * A handler returns one word of enum reply, and one table says what that means:
 * which line is due, if any, and whether the connection closes after it. A
 * response is one line of at most 512 octets (RFC 2449 section 4).
 */
#ifndef SESSION_RESPONSE_H
#define SESSION_RESPONSE_H

#include <stdbool.h>

#include "connection/connection.h"

enum reply {
	REPLIED,		/* the handler has written its response */
	ACCEPTED,		/* +OK, and no more to say */
	BEGIN_TLS,
	CAPABILITIES,		/* the first line of the list */
	SIGNED_OFF,		/* the handler has said goodbye */
	LOGGED_IN,		/* the password is right; not yet answered */
	BROKEN_OFF,		/* a response stopped in the middle */

	REFUSED_UNKNOWN_COMMAND,
	REFUSED_WRONG_STATE,
	REFUSED_ARGUMENTS,
	REFUSED_LONG_LINE,
	REFUSED_NUL,
	REFUSED_NO_MESSAGE,
	REFUSED_ALREADY_DELETED,
	REFUSED_USER_FIRST,
	REFUSED_PLAINTEXT,
	REFUSED_NO_TLS,
	REFUSED_MECHANISM,
	REFUSED_SASL,
	REFUSED_CANCELLED,
	REFUSED_CHANGED,
	REFUSED_READ,
	REFUSED_LOGIN,
	REFUSED_TOO_MANY_LOGINS,
	REFUSED_LOGIN_TEMPORARY,
	REFUSED_IN_USE,
	REFUSED_STILL_IN_USE,
	REFUSED_LOCKED,
	REFUSED_UNUSABLE,
	REFUSED_TEMPORARY,
	REFUSED_FULL,
	REFUSED_REMOVAL,
	REFUSED_REMOVAL_FULL,

	REPLY_COUNT,
};

/* RFC 2449 section 4: a response line is at most 512 octets with CRLF. */
#define RESPONSE_LINE_MAX 512

/* Writes the line that the word stands for; nothing where none is due. */
void response_write(struct connection *, enum reply);

/* Writes "+OK", and the text after a space unless it is empty. */
void response_ok(struct connection *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Whether the conversation, or its state, ends with this word. */
bool response_is_last(enum reply);

#endif
