#include "session/transaction.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/strbuf.h"
#include "connection/multiline.h"
#include "session/record.h"

/* A line of LIST or UIDL has two numbers, or one and 70 octets (RFC 1939
 * section 7); so much of them is made at a time. */
#define LIST_LINE_MAX 96
#define LIST_PIECE 2048

const char *
totals_text(const struct session *s, char *at, size_t size)
{
	struct maildrop_totals totals = maildrop_totals(s->maildrop);

	snprintf(at, size, "%zu message%s (%" PRIu64 " octets)",
	    totals.messages, totals.messages == 1 ? "" : "s", totals.octets);
	return at;
}

enum reply
do_stat(struct session *s, const struct command_arguments *arguments)
{
	struct maildrop_totals totals = maildrop_totals(s->maildrop);

	(void)arguments;
	response_ok(s->connection, "%zu %" PRIu64, totals.messages,
	    totals.octets);
	return REPLIED;
}

/* What LIST or UIDL says of one message. */
typedef void listing(const struct session *, uint64_t number, struct strbuf *);

static void
list_octets(const struct session *s, uint64_t number, struct strbuf *text)
{
	strbuf_add_number(text, number);
	strbuf_add(text, " ", 1);
	strbuf_add_number(text, maildrop_octets(s->maildrop, number));
}

static void
list_uidl(const struct session *s, uint64_t number, struct strbuf *text)
{
	strbuf_add_number(text, number);
	strbuf_add(text, " ", 1);
	maildrop_uidl(s->maildrop, number, text);
}

static void
list_all(struct session *s, listing *describe)
{
	struct multiline multiline;
	char lines[LIST_PIECE];
	struct strbuf text = strbuf_init(lines, sizeof(lines));

	multiline_begin(&multiline, s->connection, MULTILINE_ALL);
	for (size_t n = 1; n <= maildrop_count(s->maildrop); n++) {
		if (maildrop_is_marked(s->maildrop, n))
			continue;
		describe(s, n, &text);
		strbuf_add(&text, "\n", 1);
		if (text.length < sizeof(lines) - LIST_LINE_MAX)
			continue;
		multiline_write(&multiline, lines, text.length);
		text = strbuf_init(lines, sizeof(lines));
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
	struct strbuf text = strbuf_init(line, sizeof(line));

	if (!arguments->has_message) {
		response_ok(s->connection, "%s", heading);
		list_all(s, describe);
		return REPLIED;
	}
	describe(s, arguments->message, &text);
	response_ok(s->connection, "%s", line);
	return REPLIED;
}

enum reply
do_list(struct session *s, const struct command_arguments *arguments)
{
	char text[96];

	return list(s, arguments, list_octets,
	    totals_text(s, text, sizeof(text)));
}

enum reply
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

enum reply
do_retr(struct session *s, const struct command_arguments *arguments)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64 " octets",
	    maildrop_octets(s->maildrop, arguments->message));
	return send_message(s, arguments->message, MULTILINE_ALL, text,
	    &s->retrieved);
}

enum reply
do_top(struct session *s, const struct command_arguments *arguments)
{
	return send_message(s, arguments->message, arguments->count, "",
	    &s->topped);
}

enum reply
do_dele(struct session *s, const struct command_arguments *arguments)
{
	maildrop_mark(s->maildrop, arguments->message);
	response_ok(s->connection, "message %" PRIu64 " deleted",
	    arguments->message);
	return REPLIED;
}

enum reply
do_rset(struct session *s, const struct command_arguments *arguments)
{
	char text[96];

	(void)arguments;
	maildrop_unmark_all(s->maildrop);
	response_ok(s->connection, "maildrop has %s",
	    totals_text(s, text, sizeof(text)));
	return REPLIED;
}

enum reply
do_noop(struct session *s, const struct command_arguments *arguments)
{
	(void)s;
	(void)arguments;
	return ACCEPTED;
}

/* --- UPDATE -------------------------------------------------------------- */

/* No message is removed after a write error: the client may not know which it
 * has asked for. So all output is sent first. */
enum reply
session_update(struct session *s)
{
	struct maildrop_totals left = maildrop_totals(s->maildrop);
	enum connection_status flushed = connection_flush(s->connection);
	enum maildrop_status status;

	s->reason = record_reason(flushed);
	if (flushed != CONNECTION_OK)
		return BROKEN_OFF;
	status = maildrop_commit(s->maildrop);
	if (status != MAILDROP_OK) {
		s->reason = "not-removed";
		s->system_failed = status == MAILDROP_TEMPORARY ||
		    status == MAILDROP_FULL;
		return status == MAILDROP_FULL ? REFUSED_REMOVAL_FULL
		    : REFUSED_REMOVAL;
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
	return SIGNED_OFF;
}
