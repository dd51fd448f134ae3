#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/deadline.h"
#include "base/log.h"
#include "base/text.h"
#include "connection/multiline.h"
#include "session/authorization.h"
#include "session/command.h"
#include "session/record.h"
#include "session/response.h"
#include "session/transaction.h"

struct session *
session_new(struct connection *c, const struct auth *auth,
    const struct session_settings *settings)
{
	const struct deadline by = deadline_in(settings->login_milliseconds);
	struct session *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	connection_limit(c, &by);	/* until somebody has logged in */
	s->connection = c;
	s->auth = auth;
	s->settings = *settings;
	s->reason = "temporary";	/* until the conversation has one */
	s->began = deadline_clock();
	return s;
}

/* --- commands ------------------------------------------------------------ */

/* Where we are, for the table. Whether TLS can really be started is not found
 * out before somebody asks. */
static unsigned
conditions(const struct session *s, enum command_state state)
{
	unsigned now = state;

	if (connection_is_secure(s->connection) ||
	    s->settings.allows_plaintext)
		now |= NEEDS_SECURE;
	if (connection_offers_tls(s->connection) && state != IN_TRANSACTION)
		now |= NEEDS_TLS_OFFER;
	return now;
}

static enum reply do_capa(struct session *, const struct command_arguments *);
static enum reply do_quit(struct session *, const struct command_arguments *);

static const struct command commands[] = {
	/* verb   allowed in         arguments             CAPA    handler */
	{ "STLS", IN_AUTHORIZATION | NEEDS_TLS_OFFER, ARG_NONE, ARG_NONE,
	    "STLS", do_stls },
	{ "USER", IN_AUTHORIZATION | NEEDS_SECURE, ARG_NAME, ARG_NONE, "USER",
	    do_user },
	{ "PASS", IN_AUTHORIZATION | NEEDS_SECURE, ARG_SECRET, ARG_NONE, NULL,
	    do_pass },
	{ "AUTH", IN_AUTHORIZATION | NEEDS_SECURE, ARG_MECHANISM_OPTIONAL,
	    ARG_RESPONSE_OPTIONAL, "SASL " SASL_PLAIN, do_auth },
	{ "STAT", IN_TRANSACTION, ARG_NONE, ARG_NONE, NULL, do_stat },
	{ "LIST", IN_TRANSACTION, ARG_MESSAGE_OPTIONAL, ARG_NONE, NULL,
	    do_list },
	{ "UIDL", IN_TRANSACTION, ARG_MESSAGE_OPTIONAL, ARG_NONE, "UIDL",
	    do_uidl },
	{ "RETR", IN_TRANSACTION, ARG_MESSAGE, ARG_NONE, NULL, do_retr },
	{ "TOP", IN_TRANSACTION, ARG_MESSAGE, ARG_COUNT, "TOP", do_top },
	{ "DELE", IN_TRANSACTION, ARG_MESSAGE, ARG_NONE, NULL, do_dele },
	{ "RSET", IN_TRANSACTION, ARG_NONE, ARG_NONE, NULL, do_rset },
	{ "NOOP", IN_TRANSACTION, ARG_NONE, ARG_NONE, NULL, do_noop },
	{ "CAPA", IN_ANY, ARG_NONE, ARG_NONE, NULL, do_capa },
	{ "QUIT", IN_ANY, ARG_NONE, ARG_NONE, NULL, do_quit },
	{ 0 },
};

/* What CAPA says beside the commands: RFC 2449 section 6, RFC 3206. */
static const char properties[] =
    "RESP-CODES\n"
    "AUTH-RESP-CODE\n"
    "PIPELINING\n"
    "EXPIRE NEVER\n"
    "IMPLEMENTATION pop3-handler\n";

/* RFC 2449 section 5 wants those of AUTHORIZATION in TRANSACTION too; but STLS
 * is there only while it can be used (RFC 2595 section 4). */
static enum reply
do_capa(struct session *s, const struct command_arguments *arguments)
{
	unsigned now = conditions(s, s->maildrop != NULL ? IN_TRANSACTION
	    : IN_AUTHORIZATION);
	struct multiline multiline;

	(void)arguments;
	if ((now & NEEDS_TLS_OFFER) != 0 &&
	    !connection_can_start_tls(s->connection))
		now &= ~(unsigned)NEEDS_TLS_OFFER;
	response_write(s->connection, CAPABILITIES);
	multiline_begin(&multiline, s->connection, MULTILINE_ALL);
	for (const struct command *row = commands; row->verb != NULL; row++) {
		if (row->capability == NULL || !command_is_offered(row, now))
			continue;
		multiline_write(&multiline, row->capability,
		    strlen(row->capability));
		multiline_write(&multiline, "\n", 1);
	}
	multiline_write(&multiline, properties, sizeof(properties) - 1);
	multiline_end(&multiline);
	return REPLIED;
}

static enum reply
do_quit(struct session *s, const struct command_arguments *arguments)
{
	(void)arguments;
	if (s->maildrop != NULL)
		return session_update(s);
	s->reason = s->logins_put_off > 0 ? "in-use" : "quit";
	response_ok(s->connection, "%s POP3 server signing off",
	    s->settings.hostname);
	return SIGNED_OFF;
}

/* --- the loop ------------------------------------------------------------ */

/* The reply that says why a message cannot be had, or REPLIED if it can. */
static enum reply
find_message(const struct session *s, uint64_t number)
{
	if (!maildrop_has(s->maildrop, number))
		return REFUSED_NO_MESSAGE;
	if (maildrop_is_marked(s->maildrop, number))
		return REFUSED_ALREADY_DELETED;
	return REPLIED;
}

/* PASS must come immediately after USER (RFC 1939 section 7), so whatever else
 * a line holds, it forgets that USER was said. */
static enum reply
run_line(struct session *s, enum command_state state, const struct line *line)
{
	const struct command *command;
	struct command_arguments arguments;
	enum reply reply;

	s->follows_user = s->said_user;
	s->said_user = false;
	switch (line->fault) {
	case LINE_TOO_LONG:
		return REFUSED_LONG_LINE;
	case LINE_HAS_NUL:
		return REFUSED_NUL;
	case LINE_GOOD:
		break;
	}
	reply = command_parse(commands, conditions(s, state), line->octets,
	    line->length, &command, &arguments);
	if (reply == REPLIED && arguments.has_message)
		reply = find_message(s, arguments.message);
	return reply == REPLIED ? command->run(s, &arguments) : reply;
}

/* Answers line after line, until the word that ends the state, or until the
 * client is gone: then without a word (RFC 1939 section 3). */
static enum reply
converse(struct session *s, enum command_state state)
{
	enum connection_status status;
	enum reply reply;
	struct line line;

	do {
		/* before the login the connection has a limit, too */
		status = connection_read_line(s->connection, &line,
		    deadline_in(s->settings.idle_milliseconds));
		if (status != CONNECTION_OK) {
			s->reason = record_reason(status);
			return BROKEN_OFF;
		}
		reply = run_line(s, state, &line);
		if (reply == REFUSED_PLAINTEXT)
			note_plaintext_refused(s, &line);
		text_wipe(&line, sizeof(line));
		response_write(s->connection, reply);
	} while (!response_is_last(reply));
	return reply;
}

/* --- from the greeting to the goodbye ------------------------------------ */

bool
session_start_tls(struct session *s)
{
	return start_tls(s);
}

void
session_greeting(const char *hostname, char line[SESSION_GREETING_SIZE])
{
	snprintf(line, SESSION_GREETING_SIZE, "+OK %s POP3 server ready\r\n",
	    hostname);
}

void
session_greet(struct session *s)
{
	char line[SESSION_GREETING_SIZE];

	session_greeting(s->settings.hostname, line);
	connection_write(s->connection, line, strlen(line));
	connection_flush(s->connection);	/* a fault shows again */
}

bool
session_authorize(struct session *s, struct auth_account *account)
{
	if (converse(s, IN_AUTHORIZATION) != LOGGED_IN)
		return false;
	record_login(s);
	*account = s->account;
	return true;
}

bool
session_put_off(struct session *s)
{
	bool is_last = ++s->logins_put_off == SESSION_IN_USE_MAX;

	record_refused(s, "in-use");
	s->reason = "in-use";
	response_write(s->connection, is_last ? REFUSED_STILL_IN_USE
	    : REFUSED_IN_USE);
	return !is_last;
}

void
session_transact(struct session *s, struct maildrop *maildrop)
{
	struct maildrop_totals totals = maildrop_totals(maildrop);
	char text[96];

	connection_limit(s->connection, NULL);
	s->maildrop = maildrop;
	s->left = (struct tally){ totals.messages, totals.octets };
	/* what begins with a bracket would be a response code */
	response_ok(s->connection, "%s%s has %s",
	    s->account.name[0] == '[' ? "" : s->account.name,
	    s->account.name[0] == '[' ? "maildrop" : "'s maildrop",
	    totals_text(s, text, sizeof(text)));
	converse(s, IN_TRANSACTION);
	s->maildrop = NULL;
}

void
session_turn_away(struct session *s, enum maildrop_status status)
{
	enum reply reply = REFUSED_TEMPORARY;

	connection_limit(s->connection, NULL);
	if (status == MAILDROP_IN_USE) {
		reply = REFUSED_LOCKED;
		s->reason = "in-use";
	} else if (status == MAILDROP_DAMAGED) {
		reply = REFUSED_UNUSABLE;
		s->reason = "unusable";
	} else {
		if (status == MAILDROP_FULL)
			reply = REFUSED_FULL;
		s->reason = "temporary";
		s->system_failed = true;
	}
	response_write(s->connection, reply);
}

/* A monitor that looks each second whether the port is served, and says
 * nothing, is worth no line in a log. */
static bool
has_spoken(const struct session *s)
{
	return connection_has_heard(s->connection) ||
	    strcmp(s->reason, record_reason(CONNECTION_CLOSED)) != 0;
}

bool
session_end(struct session *s)
{
	bool did_our_part;

	if (s == NULL)
		return false;
	connection_end(s->connection);
	record_session(s, has_spoken(s) ? LOG_INFO : LOG_DEBUG);
	did_our_part = !s->system_failed;
	free(s);
	return did_our_part;
}
