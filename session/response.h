/*
 * What the server says: +OK, -ERR, and the response codes of RFC 2449
 * section 8 and RFC 3206.
 *
 * A handler returns one word of enum reply. The refusals among them have
 * their text and code in one table here; a response is one line of at most 512
 * octets (RFC 2449 section 4), whatever goes into it.
 */
#ifndef SESSION_RESPONSE_H
#define SESSION_RESPONSE_H

#include <stdbool.h>

#include "connection/connection.h"

enum reply {
	REPLIED,		/* the handler has written its response */
	REPLIED_LAST,		/* and the conversation is over */
	LOGGED_IN,		/* the password was right; not yet answered */
	BROKEN_OFF,		/* a response stopped in the middle: hang up */

	/* the loop writes -ERR */
	REFUSED_UNKNOWN_COMMAND,
	REFUSED_WRONG_STATE,
	REFUSED_ARGUMENTS,
	REFUSED_LONG_LINE,
	REFUSED_NUL,
	REFUSED_NO_MESSAGE,
	REFUSED_ALREADY_DELETED,
	REFUSED_USER_FIRST,
	REFUSED_IN_CLEAR,
	REFUSED_NO_TLS,
	REFUSED_MECHANISM,
	REFUSED_SASL,
	REFUSED_CANCELLED,
	REFUSED_CHANGED,
	REFUSED_READ,

	/* ... and hangs up where it says so */
	REFUSED_LOGIN,
	REFUSED_LOGIN_LAST,
	REFUSED_LOGIN_TEMPORARY_LAST,
	REFUSED_IN_USE,
	REFUSED_IN_USE_LAST,
	REFUSED_LOCKED_LAST,
	REFUSED_UNUSABLE_LAST,
	REFUSED_TEMPORARY_LAST,
	REFUSED_FULL_LAST,
	REFUSED_REMOVAL_LAST,
	REFUSED_REMOVAL_FULL_LAST,

	REPLY_COUNT,
};

/* RFC 2449 section 4: a response line is at most 512 octets with CRLF. */
#define RESPONSE_LINE_MAX 512

/* "+OK", and the text after a space unless it is empty. */
void response_ok(struct connection *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Whether this word is one for which -ERR is due. */
bool response_is_refusal(enum reply);

/* "-ERR", the code, the text. */
void response_refuse(struct connection *, enum reply);

/* Whether the conversation ends with this word. */
bool response_is_last(enum reply);

#endif
