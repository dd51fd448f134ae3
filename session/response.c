#include "session/response.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct response {
	const char *line;	/* without CRLF; NULL: none is due */
	bool is_last;
};

/* Before the login no text may tell known names from unknown ones. */
static const struct response responses[REPLY_COUNT] = {
	[REPLIED] = { NULL, false },
	[ACCEPTED] = { "+OK", false },
	[BEGIN_TLS] = { "+OK begin TLS", false },
	[CAPABILITIES] = { "+OK capability list follows", false },
	[SIGNED_OFF] = { NULL, true },
	[LOGGED_IN] = { NULL, true },
	[BROKEN_OFF] = { NULL, true },

	[REFUSED_UNKNOWN_COMMAND] = { "-ERR unknown command", false },
	[REFUSED_WRONG_STATE] = { "-ERR not in this state", false },
	[REFUSED_ARGUMENTS] = { "-ERR bad arguments", false },
	[REFUSED_LONG_LINE] = { "-ERR line too long", false },
	[REFUSED_NUL] = { "-ERR NUL in line", false },
	[REFUSED_NO_MESSAGE] = { "-ERR no such message", false },
	[REFUSED_ALREADY_DELETED] = { "-ERR message already deleted", false },
	[REFUSED_USER_FIRST] = { "-ERR say USER first", false },
	[REFUSED_PLAINTEXT] = { "-ERR [AUTH] no passwords without TLS: please "
	    "turn on TLS (SSL) in your mail program", false },
	[REFUSED_NO_TLS] = { "-ERR TLS cannot be started", false },
	[REFUSED_MECHANISM] = { "-ERR no such mechanism", false },
	[REFUSED_SASL] = { "-ERR invalid response to AUTH PLAIN", false },
	[REFUSED_CANCELLED] = { "-ERR cancelled", false },
	[REFUSED_CHANGED] = { "-ERR [SYS/TEMP] maildrop changed by another "
	    "program, please log in again", false },
	[REFUSED_READ] = { "-ERR [SYS/TEMP] cannot read the maildrop", false },
	[REFUSED_LOGIN] = { "-ERR [AUTH] user name or password is wrong",
	    false },
	[REFUSED_TOO_MANY_LOGINS] = { "-ERR [AUTH] user name or password is "
	    "wrong, too often", true },
	[REFUSED_LOGIN_TEMPORARY] = { "-ERR [SYS/TEMP] cannot check passwords "
	    "now", true },
	[REFUSED_IN_USE] = { "-ERR [IN-USE] another mail program is reading "
	    "this mailbox; please try again in a minute", false },
	[REFUSED_STILL_IN_USE] = { "-ERR [IN-USE] another mail program is "
	    "still reading this mailbox; please log in again in some minutes",
	    true },
	[REFUSED_LOCKED] = { "-ERR [IN-USE] this mailbox is locked on the "
	    "server; please try again in a minute", true },
	[REFUSED_UNUSABLE] = { "-ERR [SYS/PERM] maildrop cannot be used, "
	    "please tell the postmaster", true },
	[REFUSED_TEMPORARY] = { "-ERR [SYS/TEMP] maildrop cannot be opened "
	    "now", true },
	[REFUSED_FULL] = { "-ERR [SYS/TEMP] maildrop cannot be opened: the "
	    "server's disk is full", true },
	[REFUSED_REMOVAL] = { "-ERR [SYS/TEMP] some deleted messages not "
	    "removed", true },
	[REFUSED_REMOVAL_FULL] = { "-ERR [SYS/TEMP] some deleted messages not "
	    "removed: the server's disk is full", true },
};

static void
write_line(struct connection *c, const char *line)
{
	connection_write(c, line, strlen(line));
	connection_write(c, "\r\n", 2);
}

void
response_write(struct connection *c, enum reply reply)
{
	if (responses[reply].line != NULL)
		write_line(c, responses[reply].line);
}

void
response_ok(struct connection *c, const char *format, ...)
{
	char text[RESPONSE_LINE_MAX - sizeof("+OK \r\n") + 1];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	connection_write(c, "+OK ", text[0] == '\0' ? 3 : 4);
	write_line(c, text);
}

bool
response_is_last(enum reply reply)
{
	return responses[reply].is_last;
}
