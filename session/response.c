#include "session/response.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Where a stranger can see the text, it must not tell known names from
 * unknown ones. */
static const char *const refusals[REPLY_COUNT] = {
	[REFUSED_UNKNOWN_COMMAND] = "unknown command",
	[REFUSED_WRONG_STATE] = "not in this state",
	[REFUSED_ARGUMENTS] = "bad arguments",
	[REFUSED_LONG_LINE] = "line too long",
	[REFUSED_NUL] = "NUL in line",
	[REFUSED_NO_MESSAGE] = "no such message",
	[REFUSED_ALREADY_DELETED] = "message already deleted",
	[REFUSED_USER_FIRST] = "say USER first",
	[REFUSED_IN_CLEAR] = "[AUTH] no passwords without TLS: please turn on "
	    "TLS (SSL) in your mail program",
	[REFUSED_NO_TLS] = "TLS cannot be started",
	[REFUSED_MECHANISM] = "no such mechanism",
	[REFUSED_SASL] = "invalid response to AUTH PLAIN",
	[REFUSED_CANCELLED] = "cancelled",
	[REFUSED_CHANGED] = "[SYS/TEMP] maildrop changed by another program, "
	    "please log in again",
	[REFUSED_READ] = "[SYS/TEMP] cannot read the maildrop",
	[REFUSED_LOGIN] = "[AUTH] user name or password is wrong",
	[REFUSED_LOGIN_LAST] = "[AUTH] user name or password is wrong, "
	    "too often",
	[REFUSED_LOGIN_TEMPORARY_LAST] =
	    "[SYS/TEMP] cannot check passwords now",
	[REFUSED_IN_USE] = "[IN-USE] another mail program is reading this "
	    "mailbox; please try again in a minute",
	[REFUSED_IN_USE_LAST] = "[IN-USE] another mail program is still "
	    "reading this mailbox; please log in again in some minutes",
	[REFUSED_LOCKED_LAST] = "[IN-USE] this mailbox is locked on the "
	    "server; please try again in a minute",
	[REFUSED_UNUSABLE_LAST] = "[SYS/PERM] maildrop cannot be used, "
	    "please tell the postmaster",
	[REFUSED_TEMPORARY_LAST] = "[SYS/TEMP] maildrop cannot be opened now",
	[REFUSED_FULL_LAST] = "[SYS/TEMP] maildrop cannot be opened: the "
	    "server's disk is full",
	[REFUSED_REMOVAL_LAST] = "[SYS/TEMP] some deleted messages not removed",
	[REFUSED_REMOVAL_FULL_LAST] = "[SYS/TEMP] some deleted messages not "
	    "removed: the server's disk is full",
};

void
response_ok(struct connection *c, const char *format, ...)
{
	char text[RESPONSE_LINE_MAX - sizeof("+OK \r\n") + 1];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	connection_write(c, "+OK ", text[0] == '\0' ? 3 : 4);
	connection_write(c, text, strlen(text));
	connection_write(c, "\r\n", 2);
}

bool
response_is_refusal(enum reply reply)
{
	return refusals[reply] != NULL;
}

void
response_refuse(struct connection *c, enum reply reply)
{
	const char *text = refusals[reply];

	assert(text != NULL);
	connection_write(c, "-ERR ", 5);
	connection_write(c, text, strlen(text));
	connection_write(c, "\r\n", 2);
}

bool
response_is_last(enum reply reply)
{
	switch (reply) {
	case REPLIED_LAST:
	case LOGGED_IN:
	case BROKEN_OFF:
	case REFUSED_LOGIN_LAST:
	case REFUSED_LOGIN_TEMPORARY_LAST:
	case REFUSED_IN_USE_LAST:
	case REFUSED_LOCKED_LAST:
	case REFUSED_UNUSABLE_LAST:
	case REFUSED_TEMPORARY_LAST:
	case REFUSED_FULL_LAST:
	case REFUSED_REMOVAL_LAST:
	case REFUSED_REMOVAL_FULL_LAST:
		return true;
	case REPLIED:
	case REFUSED_UNKNOWN_COMMAND:
	case REFUSED_WRONG_STATE:
	case REFUSED_ARGUMENTS:
	case REFUSED_LONG_LINE:
	case REFUSED_NUL:
	case REFUSED_NO_MESSAGE:
	case REFUSED_ALREADY_DELETED:
	case REFUSED_USER_FIRST:
	case REFUSED_IN_CLEAR:
	case REFUSED_NO_TLS:
	case REFUSED_MECHANISM:
	case REFUSED_SASL:
	case REFUSED_CANCELLED:
	case REFUSED_CHANGED:
	case REFUSED_READ:
	case REFUSED_LOGIN:
	case REFUSED_IN_USE:
	case REPLY_COUNT:
		break;
	}
	return false;
}
