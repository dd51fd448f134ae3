/*
 * What a POP3 server must answer, line by line: holds the octets that a client
 * received against those it sent, and the maildrop. A second reading of RFC
 * 1939; it shares nothing with session.c.
 */
#ifndef TESTS_FUZZ_SESSION_MODEL_H
#define TESTS_FUZZ_SESSION_MODEL_H

#include "tests/fuzz/command_naive.h"
#include "tests/fuzz/fake_maildrop.h"
#include "tests/fuzz/sasl_naive.h"

/* One response line, and one line of a client (RFC 2449 section 4). */
#define MODEL_RESPONSE_MAX 512
#define MODEL_LINE_MAX 255
#define MODEL_ANSWER_MAX 1026		/* 3 * 255 + 2 octets in base64, CRLF */
#define MODEL_LOGINS_MAX 3
#define MODEL_IN_USE_MAX 10

struct model {
	/* what was said and heard */
	struct fuzz_input said, heard;
	bool is_cut;			/* the client hung up */

	/* the world */
	const struct maildrop *maildrop;
	enum maildrop_status opened;	/* how the maildrop could be opened */
	unsigned busy;			/* logins that find it in use */
	bool marked[FAKE_MESSAGES_MAX];
	size_t commits;			/* of the server */
	size_t heard_before_commit;
	bool committed[FAKE_MESSAGES_MAX];

	/* the conversation */
	enum command_state state;
	bool said_user, follows_user, is_over;
	const char *name;
	char name_said[MODEL_LINE_MAX + 1];
	unsigned refused, put_off;
	size_t position;		/* in heard */
	size_t commits_wanted;
};

/* The next response line, NUL-terminated; NULL if the client has not heard it
 * because it hung up. */
static inline const char *
model_line(struct model *m, char line[MODEL_RESPONSE_MAX + 1])
{
	const char *at = m->heard.at + m->position;
	size_t left = m->heard.length - m->position;
	const char *lf = left == 0 ? NULL : memchr(at, '\n', left);
	size_t length = lf == NULL ? left : (size_t)(lf - at) + 1;

	if (m->is_cut && lf == NULL) {
		m->is_over = true;
		return NULL;
	}
	fuzz_require(lf != NULL, "no response");
	fuzz_require(length <= MODEL_RESPONSE_MAX && length >= 2 &&
	    lf[-1] == '\r', "response of %zu octets", length);
	memcpy(line, at, length - 2);
	line[length - 2] = '\0';
	m->position += length;
	return line;
}

/* A response line that begins with these words. */
static inline void
model_expect(struct model *m, const char *wanted)
{
	char line[MODEL_RESPONSE_MAX + 1];

	if (model_line(m, line) == NULL)
		return;
	fuzz_require(strncmp(line, wanted, strlen(wanted)) == 0 &&
	    strchr(" ", line[strlen(wanted)]) != NULL,
	    "\"%s\", not \"%s\"", line, wanted);
}

/* The lines of a multi-line response, and its end. */
static inline void
model_expect_body(struct model *m, const char *body, size_t length)
{
	size_t left = m->heard.length - m->position;

	if (m->is_over)
		return;
	fuzz_require(left >= length || m->is_cut, "a response of %zu "
	    "octets, not %zu", left, length);
	if (left < length) {
		m->is_over = true;
		length = left;
	}
	fuzz_require(length == 0 || memcmp(m->heard.at + m->position, body,
	    length) == 0, "another body");
	m->position += length;
}

/* Lines up to ".": whichever. */
static inline void
model_expect_lines(struct model *m)
{
	char line[MODEL_RESPONSE_MAX + 1];

	while (model_line(m, line) != NULL && strcmp(line, ".") != 0)
		fuzz_require(line[0] != '.', "line \"%s\"", line);
}

/* --- AUTHORIZATION ------------------------------------------------------ */

static inline void
model_user(struct model *m, const struct naive_command *command)
{
	snprintf(m->name_said, sizeof(m->name_said), "%s", command->text);
	m->name = m->name_said;
	m->said_user = true;
	model_expect(m, "+OK");
}

static inline void
model_log_in(struct model *m, const char *name, const char *password,
    bool is_self)
{
	struct auth_account account;
	enum auth_reason reason;
	enum auth_status status = auth_check(NULL, name, password, &account,
	    &reason);

	if (status == AUTH_OK && !is_self)
		status = AUTH_REFUSED;
	switch (status) {
	case AUTH_OK:
		if (m->put_off < m->busy) {
			m->is_over = ++m->put_off == MODEL_IN_USE_MAX;
			model_expect(m, "-ERR [IN-USE]");
			break;
		}
		m->state = IN_TRANSACTION;
		m->is_over = m->opened != MAILDROP_OK;
		model_expect(m, m->is_over ? "-ERR" : "+OK");
		break;
	case AUTH_REFUSED:
		m->is_over = ++m->refused == MODEL_LOGINS_MAX;
		model_expect(m, "-ERR [AUTH]");
		break;
	case AUTH_TEMPORARY:
		m->is_over = true;
		model_expect(m, "-ERR [SYS/TEMP]");
		break;
	}
}

static inline void
model_pass(struct model *m, const struct naive_command *command)
{
	if (!m->follows_user)
		model_expect(m, "-ERR");
	else
		model_log_in(m, m->name, command->text, true);
}

/* A line without its end, as a string. */
static char *
model_text(struct fuzz_input line)
{
	line.length--;
	if (line.length > 0 && line.at[line.length - 1] == '\r')
		line.length--;
	return fuzz_string(line);
}

/* The client's answer to a challenge; false if it ends before. */
static inline bool
model_take_answer(struct model *m, struct fuzz_input *line)
{
	const char *lf = m->said.length == 0 ? NULL
	    : memchr(m->said.at, '\n', m->said.length);

	if (lf == NULL) {
		m->said.length = 0;
		m->is_over = true;
		return false;
	}
	*line = (struct fuzz_input){ m->said.at,
	    (size_t)(lf - m->said.at) + 1 };
	m->said.at += line->length;
	m->said.length -= line->length;
	return true;
}

static inline void
model_plain(struct model *m, const char *text)
{
	struct naive_plain plain;

	if (naive_plain(text, &plain))
		model_log_in(m, plain.name, plain.password, plain.is_self);
	else
		model_expect(m, "-ERR");
	free(plain.octets);
}

static inline void
model_answer(struct model *m)
{
	struct fuzz_input line;
	char *text;

	model_expect(m, "+");
	if (m->is_over || !model_take_answer(m, &line))
		return;
	if (line.length > MODEL_ANSWER_MAX ||
	    memchr(line.at, '\0', line.length) != NULL) {
		model_expect(m, "-ERR");
		return;
	}
	text = model_text(line);
	model_plain(m, text);
	free(text);
}

static inline void
model_auth(struct model *m, const struct naive_command *command)
{
	if (command->mechanism == NULL) {
		model_expect(m, "+OK");
		model_expect_body(m, "PLAIN\r\n.\r\n", 10);
	} else if (command->mechanism_length != 5 ||
	    strncasecmp(command->mechanism, "PLAIN", 5) != 0) {
		model_expect(m, "-ERR");
	} else if (command->text == NULL) {
		model_answer(m);
	} else {
		model_plain(m, command->text);
	}
}

/* --- TRANSACTION -------------------------------------------------------- */

static inline bool
model_has(const struct model *m, uint64_t number)
{
	return number >= 1 && number <= m->maildrop->count &&
	    !m->marked[number - 1];
}

static inline void
model_stat(struct model *m)
{
	char wanted[64];
	uint64_t octets = 0;
	size_t count = 0;

	for (size_t n = 1; n <= m->maildrop->count; n++)
		if (model_has(m, n)) {
			count++;
			octets += m->maildrop->at[n - 1].octets;
		}
	snprintf(wanted, sizeof(wanted), "+OK %zu %llu", count,
	    (unsigned long long)octets);
	model_expect(m, wanted);
}

static inline void
model_describe(const struct model *m, enum naive_verb verb, uint64_t number,
    char at[64])
{
	snprintf(at, 64, verb == LIST ? "%llu %llu" : "%llu id-%llu",
	    (unsigned long long)number, verb == LIST ? (unsigned long long)
	    m->maildrop->at[number - 1].octets : (unsigned long long)number);
}

/* LIST and UIDL. */
static inline void
model_list(struct model *m, const struct naive_command *command)
{
	char wanted[68] = "+OK ", body[64 * FAKE_MESSAGES_MAX + 4] = "";
	size_t length = 0;

	if (command->has_message) {
		model_describe(m, command->verb, command->number[0],
		    wanted + 4);
		model_expect(m, wanted);
		return;
	}
	for (size_t n = 1; n <= m->maildrop->count; n++) {
		char described[64];

		if (!model_has(m, n))
			continue;
		model_describe(m, command->verb, n, described);
		length += (size_t)sprintf(body + length, "%s\r\n", described);
	}
	length += (size_t)sprintf(body + length, ".\r\n");
	model_expect(m, "+OK");
	model_expect_body(m, body, length);
}

/* A message as RETR or TOP sends it: at most `lines` lines of its body. The
 * octets without what dots and the end add are in *octets. */
static inline char *
model_body(const struct fake_message *message, uint64_t lines, size_t *length,
    uint64_t *octets)
{
	char *body = fuzz_memory(2 * message->length + 3), *to = body;
	const char *at = message->text, *end = at + message->length;
	bool in_body = false;
	size_t stuffed = 0;

	while (at < end && !(in_body && lines == 0)) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));
		size_t text = (size_t)(lf - at);

		if (text > 0 && lf[-1] == '\r')
			text--;
		if (text > 0 && at[0] == '.') {
			*to++ = '.';
			stuffed++;
		}
		memcpy(to, at, text);
		memcpy(to + text, "\r\n", 2);
		to += text + 2;
		lines -= in_body;
		in_body |= text == 0;
		at = lf + 1;
	}
	*octets = (uint64_t)(to - body) - stuffed;
	memcpy(to, ".\r\n", 3);
	*length = (size_t)(to - body) + 3;
	return body;
}

/* RETR and TOP. */
static inline void
model_read(struct model *m, const struct naive_command *command)
{
	const struct fake_message *message =
	    &m->maildrop->at[command->number[0] - 1];
	uint64_t octets, lines = command->verb == TOP ? command->number[1]
	    : UINT64_MAX;
	size_t length;
	char *body;

	if (m->maildrop->begin_status != MAILDROP_OK) {
		model_expect(m, "-ERR [SYS/TEMP]");
		return;
	}
	model_expect(m, "+OK");
	m->is_over |= m->maildrop->read_status != MAILDROP_OK;
	body = model_body(message, lines, &length, &octets);
	fuzz_require(command->verb == TOP || octets == message->octets,
	    "LIST and RETR differ");
	model_expect_body(m, body, length);
	free(body);
}

static inline void
model_quit(struct model *m)
{
	bool fails = m->state == IN_TRANSACTION &&
	    m->maildrop->commit_status != MAILDROP_OK;

	if (m->state == IN_TRANSACTION) {
		fuzz_require(m->commits == 1 ? m->heard_before_commit ==
		    m->position : m->is_cut, "QUIT: %zu commits after %zu "
		    "octets", m->commits, m->heard_before_commit);
		fuzz_require(m->commits == 0 || memcmp(m->committed,
		    m->marked, sizeof(m->marked)) == 0, "other messages");
		m->commits_wanted = m->commits;
	}
	model_expect(m, fails ? "-ERR [SYS/TEMP]" : "+OK");
	m->is_over = true;
}

static inline void
model_run(struct model *m, const struct naive_command *command)
{
	if (command->has_message && !model_has(m, command->number[0])) {
		model_expect(m, "-ERR");
		return;
	}
	switch (command->verb) {
	case AUTH:
		model_auth(m, command);
		break;
	case USER:
		model_user(m, command);
		break;
	case PASS:
		model_pass(m, command);
		break;
	case STAT:
		model_stat(m);
		break;
	case LIST:
	case UIDL:
		model_list(m, command);
		break;
	case RETR:
	case TOP:
		model_read(m, command);
		break;
	case DELE:
		m->marked[command->number[0] - 1] = true;
		model_expect(m, "+OK");
		break;
	case RSET:
		memset(m->marked, 0, sizeof(m->marked));
		model_expect(m, "+OK");
		break;
	case CAPA:
		model_expect(m, "+OK");
		model_expect_lines(m);
		break;
	case QUIT:
		model_quit(m);
		break;
	case NOOP:
	case STLS:			/* which is refused before */
	case NAIVE_VERBS:
		model_expect(m, "+OK");
		break;
	}
}

/* A line of the client, with its LF. */
static inline void
model_obey(struct model *m, struct fuzz_input line)
{
	bool is_good = line.length <= MODEL_LINE_MAX &&
	    memchr(line.at, '\0', line.length) == NULL;
	struct naive_command command;
	char *text;

	m->follows_user = m->said_user;
	m->said_user = false;
	if (!is_good) {
		model_expect(m, "-ERR");
		return;
	}
	text = model_text(line);
	command = naive_command(text, m->state | NEEDS_SECURE);
	if (command.reply == REPLIED)
		model_run(m, &command);
	else
		model_expect(m, "-ERR");
	free(text);
}

static inline void
model_check(struct model *m)
{
	m->state = IN_AUTHORIZATION;
	model_expect(m, "+OK");
	while (!m->is_over && m->said.length > 0) {
		struct fuzz_input line = m->said;
		const char *lf = memchr(line.at, '\n', line.length);

		if (lf == NULL)
			break;
		line.length = (size_t)(lf - line.at) + 1;
		m->said.at += line.length;
		m->said.length -= line.length;
		model_obey(m, line);
	}
	fuzz_require(m->position == m->heard.length || m->is_cut,
	    "%zu octets too many", m->heard.length - m->position);
	fuzz_require(m->commits == m->commits_wanted, "%zu commits",
	    m->commits);
}

#endif
