#include "session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/deadline.h"
#include "base/log.h"
#include "base/text.h"
#include "connection/multiline.h"
#include "session/command.h"
#include "session/response.h"
#include "session/sasl.h"

static const struct log_kind login_line = {
	LOG_INFO, "login", "0c8a6ff0b8e94d5cb5f7a2f1a3bb5d64"
};
static const struct log_kind session_line = {
	LOG_INFO, "session", "4d9bfb9e1f5a4a3c9f4b5a86ce1d2a07"
};
static const struct log_kind refused_line = {
	LOG_NOTICE, "refused", "b8e7e0f1c3a94a2d8a6f2f3f9d6f5c11"
};

/* A line of LIST or UIDL has two numbers, or one and 70 octets (RFC 1939
 * section 7); so much of them is made at a time. */
#define LIST_LINE_MAX 96
#define LIST_PIECE 2048

/* How far the client got in the traffic that the log tells of. */
struct tally {
	size_t messages;
	uint64_t octets;
};

struct session {
	struct connection *connection;
	const struct auth *auth;
	struct session_settings settings;
	double began;

	/* AUTHORIZATION */
	bool has_tls;
	bool was_in_clear;		/* a password was to be, without TLS */
	bool said_user, follows_user;	/* this line, the line before */
	char name[SASL_PART_MAX + 1];
	struct auth_account account;	/* once logged in */
	unsigned logins_refused, logins_put_off;

	/* TRANSACTION */
	struct maildrop *maildrop;

	/* for the log */
	struct tally retrieved, topped, deleted, left;
	const char *reason;		/* why it ended */
	bool system_failed;
};

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

/* Why the conversation ends when this is how the connection is. */
static const char *
reason_of(enum connection_status status)
{
	switch (status) {
	case CONNECTION_TIMED_OUT:
		return "timeout";
	case CONNECTION_STALLED:
		return "stalled";
	case CONNECTION_CLOSED:
	case CONNECTION_BROKEN:
		return "disconnected";
	case CONNECTION_OK:
		break;
	}
	return "quit";
}

/* --- TLS ---------------------------------------------------------------- */

bool
session_start_tls(struct session *s)
{
	enum connection_status status = connection_start_tls(s->connection,
	    s->settings.tls, deadline_in(s->settings.idle_milliseconds));
	const char *fault = tls_fault(s->settings.tls);

	s->has_tls = status == CONNECTION_OK;
	if (s->has_tls)
		return true;
	s->reason = fault != NULL ? "tls" : reason_of(status);
	s->system_failed |= tls_has_bad_files(s->settings.tls);
	if (fault != NULL)
		log_note(LOG_INFO, "no TLS with %s: %s", s->settings.client,
		    fault);
	return false;
}

/* What was said before is forgotten, as others may have put it in (RFC 2595
 * section 4): that USER came, by run_line. */
static enum reply
do_stls(struct session *s, const struct command_arguments *arguments)
{
	(void)arguments;
	if (!tls_is_usable(s->settings.tls))
		return REFUSED_NO_TLS;
	text_wipe(s->name, sizeof(s->name));
	response_ok(s->connection, "begin TLS");
	return session_start_tls(s) ? REPLIED : BROKEN_OFF;
}

/* Where we are, for the table. Whether TLS can really be started is not found
 * out before somebody asks. */
static unsigned
conditions(const struct session *s, enum command_state state)
{
	unsigned now = state;

	if (s->has_tls || s->settings.is_private)
		now |= IF_PRIVATE;
	if (!s->has_tls && s->settings.tls != NULL && state != IN_TRANSACTION)
		now |= IF_STARTS_TLS;
	return now;
}

/* --- AUTHORIZATION ------------------------------------------------------ */

static enum reply
do_user(struct session *s, const struct command_arguments *arguments)
{
	snprintf(s->name, sizeof(s->name), "%s", arguments->text);
	s->said_user = true;
	/* what begins with a bracket would be a response code */
	response_ok(s->connection, "%s", s->name[0] == '[' ? "" : s->name);
	return REPLIED;
}

/* The name is a stranger's word: nothing in it may look like another field to
 * a program that reads the line. */
static void
log_refused(const struct session *s, const char *reason)
{
	static const char harmless[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789@._+-";
	char name[sizeof(s->name)];
	const struct log_field fields[] = {
		{ "client", s->settings.client },
		{ "user", s->name[0] == '\0' ? NULL : name },
		{ "reason", reason },
	};

	memcpy(name, s->name, sizeof(name));
	for (char *at = name; *(at += strspn(at, harmless)) != '\0'; at++)
		*at = '?';
	log_event(&refused_line, fields, sizeof(fields) / sizeof(fields[0]));
}

/* Whoever looks for the reason finds it in the log, once, with the name if this
 * is a USER. */
static void
note_in_clear(struct session *s, const struct line *line)
{
	if (s->was_in_clear)
		return;
	s->was_in_clear = true;
	if (text_is(line->octets, line->length < 5 ? line->length : 5, "USER "))
		snprintf(s->name, sizeof(s->name), "%s", line->octets + 5);
	log_refused(s, "cleartext");
	text_wipe(s->name, sizeof(s->name));
	log_note(LOG_NOTICE, "%s may not log in without TLS%s",
	    s->settings.client, s->settings.tls == NULL
	    ? ", and there is no certificate: see --tls-cert and "
	    "--allow-cleartext" : tls_is_usable(s->settings.tls)
	    ? ": its mail program must turn on STARTTLS or SSL"
	    : ", and the certificate cannot be used");
}

/* The answer comes at a time that does not tell what the check cost, be it as
 * dear or the machine as busy as it may: at a whole step. */
static void
await_step(struct deadline by)
{
	deadline_await(deadline_in_steps(by,
	    SESSION_LOGIN_DELAY_MILLISECONDS));
}

static enum reply
refuse_login(struct session *s, struct deadline by)
{
	log_refused(s, "auth");
	await_step(by);
	if (++s->logins_refused < SESSION_LOGINS_MAX)
		return REFUSED_LOGIN;
	s->reason = "refused";
	return REFUSED_LOGIN_LAST;
}

/* Logs s->name in. Whoever wants to act as somebody else is refused like one
 * who has the wrong password, and learns as little. */
static enum reply
log_in(struct session *s, const char *password, bool is_self)
{
	struct deadline by = deadline_in(
	    SESSION_LOGIN_DELAY_MILLISECONDS << s->logins_refused);
	enum auth_status status = auth_check(s->auth, s->name, password,
	    &s->account);

	if (status == AUTH_OK && is_self)
		return LOGGED_IN;
	text_wipe(&s->account, sizeof(s->account));
	if (status != AUTH_TEMPORARY)
		return refuse_login(s, by);
	log_refused(s, "system");
	s->system_failed = true;
	s->reason = "temporary";
	await_step(by);
	return REFUSED_LOGIN_TEMPORARY_LAST;
}

static enum reply
do_pass(struct session *s, const struct command_arguments *arguments)
{
	if (!s->follows_user)
		return REFUSED_USER_FIRST;
	return log_in(s, arguments->text, true);
}

static enum reply
log_in_plain(struct session *s, const char *text, size_t length)
{
	struct sasl_plain plain = { 0 };
	enum reply reply = REFUSED_SASL;

	if (sasl_plain_take(&plain, text, length)) {
		snprintf(s->name, sizeof(s->name), "%s", plain.name);
		reply = log_in(s, plain.password, plain.is_self);
	}
	text_wipe(&plain, sizeof(plain));
	return reply;
}

/* Asks for what the client has not said with AUTH. */
static enum reply
ask_plain(struct session *s)
{
	enum connection_status status;
	enum reply reply = REFUSED_SASL;
	struct line line;

	connection_write(s->connection, "+ \r\n", 4);
	status = connection_read_response(s->connection, &line,
	    deadline_in(s->settings.idle_milliseconds));
	if (status != CONNECTION_OK) {
		s->reason = reason_of(status);
		return BROKEN_OFF;
	}
	if (line.fault == LINE_TOO_LONG)
		reply = REFUSED_LONG_LINE;
	else if (text_is(line.octets, line.length, SASL_CANCEL))
		reply = REFUSED_CANCELLED;
	else if (line.fault == LINE_GOOD)
		reply = log_in_plain(s, line.octets, line.length);
	text_wipe(&line, sizeof(line));
	return reply;
}

/* Without a mechanism it lists them, as some clients want to know them before
 * CAPA (Outlook). */
static enum reply
do_auth(struct session *s, const struct command_arguments *arguments)
{
	const char *response = arguments->text;

	if (arguments->mechanism == NULL) {
		response_ok(s->connection, "%s", "");
		connection_write(s->connection, SASL_PLAIN "\r\n.\r\n",
		    sizeof(SASL_PLAIN "\r\n.\r\n") - 1);
		return REPLIED;
	}
	if (!text_is(arguments->mechanism, arguments->mechanism_length,
	    SASL_PLAIN))
		return REFUSED_MECHANISM;
	if (response == NULL)
		return ask_plain(s);
	return log_in_plain(s, response, strcmp(response, SASL_EMPTY) == 0 ? 0
	    : strlen(response));
}

/* --- TRANSACTION -------------------------------------------------------- */

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

/* "2 messages (320 octets)" */
static const char *
totals_text(const struct session *s, char *at, size_t size)
{
	struct maildrop_totals totals = maildrop_totals(s->maildrop);

	snprintf(at, size, "%zu message%s (%" PRIu64 " octets)",
	    totals.messages, totals.messages == 1 ? "" : "s", totals.octets);
	return at;
}

static enum reply
do_stat(struct session *s, const struct command_arguments *arguments)
{
	struct maildrop_totals totals = maildrop_totals(s->maildrop);

	(void)arguments;
	response_ok(s->connection, "%zu %" PRIu64, totals.messages,
	    totals.octets);
	return REPLIED;
}

/* What LIST or UIDL says of one message. */
typedef void listing(const struct session *, uint64_t number, struct text *);

static void
list_octets(const struct session *s, uint64_t number, struct text *text)
{
	text_add_number(text, number);
	text_add(text, " ", 1);
	text_add_number(text, maildrop_octets(s->maildrop, number));
}

static void
list_uidl(const struct session *s, uint64_t number, struct text *text)
{
	text_add_number(text, number);
	text_add(text, " ", 1);
	maildrop_uidl(s->maildrop, number, text);
}

static void
list_all(struct session *s, listing *describe)
{
	struct multiline multiline;
	char lines[LIST_PIECE];
	struct text text = text_over(lines, sizeof(lines));

	multiline_begin(&multiline, s->connection, MULTILINE_ALL);
	for (size_t n = 1; n <= maildrop_count(s->maildrop); n++) {
		if (maildrop_is_marked(s->maildrop, n))
			continue;
		describe(s, n, &text);
		text_add(&text, "\n", 1);
		if (text.length < sizeof(lines) - LIST_LINE_MAX)
			continue;
		multiline_write(&multiline, lines, text.length);
		text = text_over(lines, sizeof(lines));
	}
	multiline_write(&multiline, lines, text.length);
	multiline_end(&multiline);
}

/* Lists one message in the answer itself, or all below it. */
static enum reply
list(struct session *s, const struct command_arguments *arguments,
    listing *describe, const char *heading)
{
	char line[LIST_LINE_MAX];
	struct text text = text_over(line, sizeof(line));
	enum reply reply;

	if (!arguments->has_message) {
		response_ok(s->connection, "%s", heading);
		list_all(s, describe);
		return REPLIED;
	}
	reply = find_message(s, arguments->message);
	if (reply != REPLIED)
		return reply;
	describe(s, arguments->message, &text);
	response_ok(s->connection, "%s", line);
	return REPLIED;
}

static enum reply
do_list(struct session *s, const struct command_arguments *arguments)
{
	char text[96];

	return list(s, arguments, list_octets,
	    totals_text(s, text, sizeof(text)));
}

static enum reply
do_uidl(struct session *s, const struct command_arguments *arguments)
{
	return list(s, arguments, list_uidl, "");
}

static enum reply
refusal_of_reading(struct session *s, enum maildrop_status status)
{
	if (status == MAILDROP_CHANGED)
		return REFUSED_CHANGED;
	s->system_failed = true;
	return REFUSED_READ;
}

/* Sends a message, or its header and some lines of its body. An error after
 * +OK can only be shown by hanging up before the final dot. */
static enum reply
send_message(struct session *s, uint64_t number, uint64_t body_lines,
    const char *text, struct tally *tally)
{
	enum maildrop_status status = maildrop_read_begin(s->maildrop, number);
	struct multiline multiline;
	const char *octets;
	size_t length;

	if (status != MAILDROP_OK)
		return refusal_of_reading(s, status);
	response_ok(s->connection, "%s", text);
	multiline_begin(&multiline, s->connection, body_lines);
	do {
		status = maildrop_read(s->maildrop, &octets, &length);
		if (status != MAILDROP_OK) {
			refusal_of_reading(s, status);
			s->reason = "broken-off";
			return BROKEN_OFF;
		}
	} while (length > 0 && multiline_write(&multiline, octets, length));
	multiline_end(&multiline);
	if (!connection_is_broken(s->connection)) {
		tally->messages++;
		tally->octets += body_lines == MULTILINE_ALL
		    ? maildrop_octets(s->maildrop, number) : multiline.sent;
	}
	return REPLIED;
}

static enum reply
do_retr(struct session *s, const struct command_arguments *arguments)
{
	enum reply reply = find_message(s, arguments->message);
	char text[32];

	if (reply != REPLIED)
		return reply;
	snprintf(text, sizeof(text), "%" PRIu64 " octets",
	    maildrop_octets(s->maildrop, arguments->message));
	return send_message(s, arguments->message, MULTILINE_ALL, text,
	    &s->retrieved);
}

static enum reply
do_top(struct session *s, const struct command_arguments *arguments)
{
	enum reply reply = find_message(s, arguments->message);

	if (reply != REPLIED)
		return reply;
	return send_message(s, arguments->message, arguments->count, "",
	    &s->topped);
}

static enum reply
do_dele(struct session *s, const struct command_arguments *arguments)
{
	enum reply reply = find_message(s, arguments->message);

	if (reply != REPLIED)
		return reply;
	maildrop_mark(s->maildrop, arguments->message);
	response_ok(s->connection, "message %" PRIu64 " deleted",
	    arguments->message);
	return REPLIED;
}

static enum reply
do_rset(struct session *s, const struct command_arguments *arguments)
{
	char text[96];

	(void)arguments;
	maildrop_unmark_all(s->maildrop);
	response_ok(s->connection, "maildrop has %s",
	    totals_text(s, text, sizeof(text)));
	return REPLIED;
}

static enum reply
do_noop(struct session *s, const struct command_arguments *arguments)
{
	(void)arguments;
	response_ok(s->connection, "%s", "");
	return REPLIED;
}

/* --- both states, and UPDATE -------------------------------------------- */

static enum reply do_capa(struct session *, const struct command_arguments *);
static enum reply do_quit(struct session *, const struct command_arguments *);

static const struct command commands[] = {
	/* verb   allowed in         arguments             CAPA    handler */
	{ "STLS", IN_AUTHORIZATION | IF_STARTS_TLS, ARG_NONE, ARG_NONE,
	    "STLS", do_stls },
	{ "USER", IN_AUTHORIZATION | IF_PRIVATE, ARG_NAME, ARG_NONE, "USER",
	    do_user },
	{ "PASS", IN_AUTHORIZATION | IF_PRIVATE, ARG_SECRET, ARG_NONE, NULL,
	    do_pass },
	{ "AUTH", IN_AUTHORIZATION | IF_PRIVATE, ARG_MECHANISM_OPTIONAL,
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
	if ((now & IF_STARTS_TLS) != 0 && !tls_is_usable(s->settings.tls))
		now &= ~(unsigned)IF_STARTS_TLS;
	response_ok(s->connection, "capability list follows");
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

/* A client that is gone has not heard the messages it wants removed, so what
 * is still to be said is said first. */
static enum reply
update(struct session *s)
{
	struct maildrop_totals left = maildrop_totals(s->maildrop);
	enum connection_status heard = connection_flush(s->connection);
	enum maildrop_status status;

	s->reason = reason_of(heard);
	if (heard != CONNECTION_OK)
		return BROKEN_OFF;
	status = maildrop_commit(s->maildrop);
	if (status != MAILDROP_OK) {
		s->reason = "not-removed";
		s->system_failed = status == MAILDROP_TEMPORARY ||
		    status == MAILDROP_FULL;
		return status == MAILDROP_FULL ? REFUSED_REMOVAL_FULL_LAST
		    : REFUSED_REMOVAL_LAST;
	}
	s->deleted.messages = s->left.messages - left.messages;
	s->deleted.octets = s->left.octets - left.octets;
	s->left = (struct tally){ left.messages, left.octets };
	if (left.messages == 0)
		response_ok(s->connection,
		    "%s POP3 server signing off (maildrop empty)",
		    s->settings.hostname);
	else
		response_ok(s->connection,
		    "%s POP3 server signing off (%zu message%s left)",
		    s->settings.hostname, left.messages,
		    left.messages == 1 ? "" : "s");
	return REPLIED_LAST;
}

static enum reply
do_quit(struct session *s, const struct command_arguments *arguments)
{
	(void)arguments;
	if (s->maildrop != NULL)
		return update(s);
	s->reason = s->logins_put_off > 0 ? "in-use" : "quit";
	response_ok(s->connection, "%s POP3 server signing off",
	    s->settings.hostname);
	return REPLIED_LAST;
}

/* --- the loop ----------------------------------------------------------- */

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
		/* accounts have that long for each line, strangers in all */
		status = connection_read_line(s->connection, &line,
		    deadline_in(s->settings.idle_milliseconds));
		if (status != CONNECTION_OK) {
			s->reason = reason_of(status);
			return BROKEN_OFF;
		}
		reply = run_line(s, state, &line);
		if (reply == REFUSED_IN_CLEAR)
			note_in_clear(s, &line);
		text_wipe(&line, sizeof(line));
		if (response_is_refusal(reply))
			response_refuse(s->connection, reply);
	} while (!response_is_last(reply));
	return reply;
}

void
session_greet(struct session *s)
{
	response_ok(s->connection, "%s POP3 server ready",
	    s->settings.hostname);
	connection_flush(s->connection);	/* a fault shows again */
}

static void
log_login(const struct session *s)
{
	const struct log_field fields[] = {
		{ "client", s->settings.client },
		{ "user", s->account.name },
	};

	log_event(&login_line, fields, sizeof(fields) / sizeof(fields[0]));
}

bool
session_authorize(struct session *s, struct auth_account *account)
{
	if (converse(s, IN_AUTHORIZATION) != LOGGED_IN)
		return false;
	log_login(s);
	*account = s->account;
	return true;
}

bool
session_put_off(struct session *s)
{
	bool is_last = ++s->logins_put_off == SESSION_IN_USE_MAX;

	log_refused(s, "in-use");
	s->reason = "in-use";
	response_refuse(s->connection, is_last ? REFUSED_IN_USE_LAST
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
	enum reply reply = REFUSED_TEMPORARY_LAST;

	connection_limit(s->connection, NULL);
	if (status == MAILDROP_IN_USE) {
		reply = REFUSED_LOCKED_LAST;
		s->reason = "in-use";
	} else if (status == MAILDROP_DAMAGED) {
		reply = REFUSED_UNUSABLE_LAST;
		s->reason = "unusable";
	} else {
		if (status == MAILDROP_FULL)
			reply = REFUSED_FULL_LAST;
		s->reason = "temporary";
		s->system_failed = true;
	}
	response_refuse(s->connection, reply);
}

static void
log_session(const struct session *s)
{
	char numbers[8][24], seconds[32];
	const uint64_t values[8] = {
		s->retrieved.messages, s->retrieved.octets,
		s->topped.messages, s->topped.octets,
		s->deleted.messages, s->deleted.octets,
		s->left.messages, s->left.octets,
	};
	const struct log_field fields[] = {
		{ "client", s->settings.client },
		{ "user", s->account.name[0] == '\0' ? NULL
		    : s->account.name },
		{ "retrieved", numbers[0] }, { "retrieved_octets", numbers[1] },
		{ "top", numbers[2] }, { "top_octets", numbers[3] },
		{ "deleted", numbers[4] }, { "deleted_octets", numbers[5] },
		{ "left", numbers[6] }, { "left_octets", numbers[7] },
		{ "seconds", seconds },
		{ "reason", s->reason },
	};

	for (size_t i = 0; i < 8; i++)
		snprintf(numbers[i], sizeof(numbers[i]), "%" PRIu64, values[i]);
	snprintf(seconds, sizeof(seconds), "%.3f",
	    deadline_clock() - s->began);
	log_event(&session_line, fields, sizeof(fields) / sizeof(fields[0]));
}

bool
session_end(struct session *s)
{
	bool did_our_part;

	if (s == NULL)
		return false;
	connection_end(s->connection);
	log_session(s);
	did_our_part = !s->system_failed;
	free(s);
	return did_our_part;
}
