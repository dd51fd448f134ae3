#include "session/authorization.h"

#include <stdio.h>
#include <string.h>

#include "base/deadline.h"
#include "base/log.h"
#include "base/min.h"
#include "base/text.h"
#include "session/record.h"
#include "session/sasl.h"

bool
start_tls(struct session *s)
{
	enum connection_status status = connection_start_tls(s->connection,
	    deadline_in(s->settings.idle_milliseconds));
	const char *fault = connection_tls_fault(s->connection);

	if (status == CONNECTION_OK)
		return true;
	s->reason = fault != NULL && connection_has_heard(s->connection)
	    ? "tls" : record_reason(status);
	s->system_failed |= connection_has_bad_certificate(s->connection);
	if (fault != NULL && connection_has_heard(s->connection))
		log_note(LOG_INFO, "no TLS with %s: %s", s->settings.client,
		    fault);
	return false;
}

/* What was said before is forgotten, as others may have put it in (RFC 2595
 * section 4): that USER came, by run_line. */
enum reply
do_stls(struct session *s, const struct command_arguments *arguments)
{
	(void)arguments;
	if (!connection_can_start_tls(s->connection))
		return REFUSED_NO_TLS;
	text_wipe(s->name, sizeof(s->name));
	response_write(s->connection, BEGIN_TLS);
	return start_tls(s) ? REPLIED : BROKEN_OFF;
}

/* --- names and passwords ------------------------------------------------- */

enum reply
do_user(struct session *s, const struct command_arguments *arguments)
{
	snprintf(s->name, sizeof(s->name), "%s", arguments->text);
	s->said_user = true;
	/* what begins with a bracket would be a response code */
	response_ok(s->connection, "%s", s->name[0] == '[' ? "" : s->name);
	return REPLIED;
}

/* Whoever looks for the reason finds it in the log, once, with the name if this
 * is a USER. */
void
note_plaintext_refused(struct session *s, const struct line *line)
{
	if (s->plaintext_refused)
		return;
	s->plaintext_refused = true;
	if (text_equal_nocase(line->octets, min_size(line->length, 5),
	    "USER "))
		snprintf(s->name, sizeof(s->name), "%s", line->octets + 5);
	record_refused(s, "cleartext");
	text_wipe(s->name, sizeof(s->name));
	log_note(LOG_NOTICE, "%s may not log in without TLS%s",
	    s->settings.client, !connection_offers_tls(s->connection)
	    ? ", and there is no certificate: see --tls-cert and "
	    "--allow-cleartext" : connection_can_start_tls(s->connection)
	    ? ": its mail program must turn on STARTTLS or SSL"
	    : ", and the certificate cannot be used");
}

/* The response comes at a whole step: its time does not tell what the check
 * cost, however expensive it was and however busy the machine is. */
static void
await_step(struct deadline by)
{
	deadline_await(deadline_in_steps(by,
	    SESSION_LOGIN_DELAY_MILLISECONDS));
}

static enum reply
refuse_login(struct session *s, struct deadline by, enum auth_reason reason)
{
	record_refused(s, auth_reason_word(reason));
	await_step(by);
	if (++s->logins_refused < SESSION_LOGINS_MAX)
		return REFUSED_LOGIN;
	s->reason = "refused";
	return REFUSED_TOO_MANY_LOGINS;
}

/* Logs s->name in. Who wants to act as somebody else (proxy authorization) is
 * refused as with a wrong password. */
static enum reply
log_in(struct session *s, const char *password, bool is_self)
{
	struct deadline by = deadline_in(
	    SESSION_LOGIN_DELAY_MILLISECONDS << s->logins_refused);
	enum auth_reason reason;
	enum auth_status status = auth_check(s->auth, s->name, password,
	    &s->account, &reason);

	if (status == AUTH_OK && is_self)
		return LOGGED_IN;
	text_wipe(&s->account, sizeof(s->account));
	if (status != AUTH_TEMPORARY)
		return refuse_login(s, by, status == AUTH_OK ? AUTH_WRONG
		    : reason);
	record_refused(s, "system");
	s->system_failed = true;
	s->reason = "temporary";
	await_step(by);
	return REFUSED_LOGIN_TEMPORARY;
}

enum reply
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
		s->reason = record_reason(status);
		return BROKEN_OFF;
	}
	if (line.fault == LINE_TOO_LONG)
		reply = REFUSED_LONG_LINE;
	else if (text_equal_nocase(line.octets, line.length, SASL_CANCEL))
		reply = REFUSED_CANCELLED;
	else if (line.fault == LINE_GOOD)
		reply = log_in_plain(s, line.octets, line.length);
	text_wipe(&line, sizeof(line));
	return reply;
}

/* Without a mechanism it lists them, as some clients want to know them before
 * CAPA (Outlook). */
enum reply
do_auth(struct session *s, const struct command_arguments *arguments)
{
	const char *response = arguments->text;

	if (arguments->mechanism == NULL) {
		response_write(s->connection, ACCEPTED);
		connection_write(s->connection, SASL_PLAIN "\r\n.\r\n",
		    sizeof(SASL_PLAIN "\r\n.\r\n") - 1);
		return REPLIED;
	}
	if (!text_equal_nocase(arguments->mechanism,
	    arguments->mechanism_length, SASL_PLAIN))
		return REFUSED_MECHANISM;
	if (response == NULL)
		return ask_plain(s);
	return log_in_plain(s, response, strcmp(response, SASL_EMPTY) == 0 ? 0
	    : strlen(response));
}
