/*
 * A second reading of POP3 commands (RFC 1939, RFC 2449): a pattern for each
 * verb, and nothing of session/command.c.
 */
#ifndef TESTS_FUZZ_COMMAND_NAIVE_H
#define TESTS_FUZZ_COMMAND_NAIVE_H

#include <errno.h>
#include <regex.h>
#include <strings.h>

#include "session/command.h"
#include "tests/fuzz/fuzz.h"

enum naive_verb { STLS, AUTH, USER, PASS, STAT, LIST, UIDL, RETR, TOP, DELE, RSET, NOOP,
    CAPA, QUIT, NAIVE_VERBS };

static const struct naive_row {
	const char *verb;
	unsigned states;
	enum command_argument first, second;
	const char *pattern;
} naive_rows[NAIVE_VERBS] = {
	[STLS] = { "STLS", IN_AUTHORIZATION | NEEDS_TLS_OFFER, ARG_NONE,
	    ARG_NONE, "^STLS *$" },
	[AUTH] = { "AUTH", IN_AUTHORIZATION | NEEDS_SECURE,
	    ARG_MECHANISM_OPTIONAL, ARG_RESPONSE_OPTIONAL,
	    "^AUTH( [!-~]+( [!-~]+)?)?$|^AUTH +$" },
	[USER] = { "USER", IN_AUTHORIZATION | NEEDS_SECURE, ARG_NAME, ARG_NONE,
	    "^USER [!-~]+ *$" },
	[PASS] = { "PASS", IN_AUTHORIZATION | NEEDS_SECURE, ARG_SECRET,
	    ARG_NONE, "^PASS " },
	[STAT] = { "STAT", IN_TRANSACTION, ARG_NONE, ARG_NONE, "^STAT *$" },
	[LIST] = { "LIST", IN_TRANSACTION, ARG_MESSAGE_OPTIONAL, ARG_NONE,
	    "^LIST( [0-9]+)? *$" },
	[UIDL] = { "UIDL", IN_TRANSACTION, ARG_MESSAGE_OPTIONAL, ARG_NONE,
	    "^UIDL( [0-9]+)? *$" },
	[RETR] = { "RETR", IN_TRANSACTION, ARG_MESSAGE, ARG_NONE,
	    "^RETR( [0-9]+) *$" },
	[TOP] = { "TOP", IN_TRANSACTION, ARG_MESSAGE, ARG_COUNT,
	    "^TOP( [0-9]+)( [0-9]+) *$" },
	[DELE] = { "DELE", IN_TRANSACTION, ARG_MESSAGE, ARG_NONE,
	    "^DELE( [0-9]+) *$" },
	[RSET] = { "RSET", IN_TRANSACTION, ARG_NONE, ARG_NONE, "^RSET *$" },
	[NOOP] = { "NOOP", IN_TRANSACTION, ARG_NONE, ARG_NONE, "^NOOP *$" },
	[CAPA] = { "CAPA", IN_ANY, ARG_NONE, ARG_NONE, "^CAPA *$" },
	[QUIT] = { "QUIT", IN_ANY, ARG_NONE, ARG_NONE, "^QUIT *$" },
};

/* What a line means. */
struct naive_command {
	enum reply reply;		/* REPLIED, or its refusal */
	enum naive_verb verb;
	bool has_message;
	uint64_t number[2];
	const char *text, *mechanism;
	size_t mechanism_length;
};

/* The number that a group of the pattern matched; false if it does not fit. */
static inline bool
naive_number(const char *line, const regmatch_t *group, uint64_t *number)
{
	if (group->rm_so == -1)
		return true;
	errno = 0;
	*number = strtoull(line + group->rm_so, NULL, 10);
	return errno == 0;
}

static inline bool
naive_matches(enum naive_verb verb, const char *line, regmatch_t groups[3])
{
	static regex_t compiled[NAIVE_VERBS];
	static bool is_compiled[NAIVE_VERBS];

	if (!is_compiled[verb])
		is_compiled[verb] = regcomp(&compiled[verb],
		    naive_rows[verb].pattern, REG_EXTENDED | REG_ICASE) == 0;
	fuzz_require(is_compiled[verb], "pattern");
	return regexec(&compiled[verb], line, 3, groups, 0) == 0;
}

static inline enum reply
naive_allow(const struct naive_row *row, unsigned state)
{
	if ((row->states & state & IN_ANY) == 0)
		return REFUSED_WRONG_STATE;
	if ((row->states & NEEDS_SECURE) != 0 && (state & NEEDS_SECURE) == 0)
		return REFUSED_PLAINTEXT;
	return (row->states & NEEDS_TLS_OFFER) != 0 &&
	    (state & NEEDS_TLS_OFFER) == 0 ? REFUSED_NO_TLS : REPLIED;
}

/* AUTH's two words, of which the pattern has found the ends. */
static inline void
naive_words(const char *line, const regmatch_t groups[3],
    struct naive_command *command)
{
	size_t length;

	if (groups[1].rm_so == -1)
		return;
	command->mechanism = line + groups[1].rm_so + 1;
	length = strcspn(command->mechanism, " ");
	command->mechanism_length = length;
	if (groups[2].rm_so != -1)
		command->text = line + groups[2].rm_so + 1;
}

static inline struct naive_command
naive_command(const char *line, unsigned state)
{
	size_t verb = 0, length = strcspn(line, " ");
	struct naive_command command = { .reply = REPLIED };
	regmatch_t groups[3];

	while (verb < NAIVE_VERBS && (strlen(naive_rows[verb].verb) != length ||
	    strncasecmp(naive_rows[verb].verb, line, length) != 0))
		verb++;
	command.verb = (enum naive_verb)verb;
	if (verb == NAIVE_VERBS)
		command.reply = REFUSED_UNKNOWN_COMMAND;
	else
		command.reply = naive_allow(&naive_rows[verb], state);
	if (command.reply != REPLIED)
		return command;
	if (!naive_matches(command.verb, line, groups) ||
	    (verb != AUTH &&
	    (!naive_number(line, &groups[1], &command.number[0]) ||
	    !naive_number(line, &groups[2], &command.number[1]))))
		command.reply = REFUSED_ARGUMENTS;
	else if (verb == AUTH)
		naive_words(line, groups, &command);
	if (command.reply != REPLIED || verb == AUTH)
		return command;
	command.has_message = groups[1].rm_so != -1;
	if (verb == USER || verb == PASS)
		command.text = line + 5;
	return command;
}

#endif
