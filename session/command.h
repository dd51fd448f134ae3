/*
 * From a line to a command with typed arguments, by a table (pure).
 *
 * The table is the whole truth about a verb: where it is allowed, what it
 * takes, what CAPA says of it, who runs it. Handlers get arguments, never
 * text to parse.
 */
#ifndef SESSION_COMMAND_H
#define SESSION_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "session/response.h"

struct session;

/* Where a command is allowed: in any of its states, if all of its conditions
 * hold. Where a session is: in one state, with the conditions that hold. */
enum command_state {
	IN_AUTHORIZATION = 1,
	IN_TRANSACTION = 2,
	IN_ANY = IN_AUTHORIZATION | IN_TRANSACTION,

	NEEDS_SECURE = 4,	/* nobody on the way can read passwords */
	NEEDS_TLS_OFFER = 8,	/* TLS was not started and can be */
	NEEDS_ANY = NEEDS_SECURE | NEEDS_TLS_OFFER,
};

enum command_argument {
	ARG_NONE,
	ARG_NAME,		/* one word of graphic ASCII */
	ARG_SECRET,		/* every octet after the space, even none */
	ARG_MECHANISM_OPTIONAL,	/* one word of graphic ASCII, or nothing */
	ARG_RESPONSE_OPTIONAL,	/* likewise */
	ARG_MESSAGE,		/* a message number */
	ARG_MESSAGE_OPTIONAL,	/* a message number, or nothing */
	ARG_COUNT,		/* a number of lines */
};

struct command_arguments {
	/* ARG_NAME, ARG_SECRET, ARG_RESPONSE; NUL-terminated, or NULL */
	const char *text;
	const char *mechanism;	/* ARG_MECHANISM; not terminated, or NULL */
	size_t mechanism_length;
	bool has_message;
	uint64_t message;
	uint64_t count;
};

struct command {
	const char *verb;
	unsigned states;	/* of enum command_state */
	enum command_argument first, second;
	const char *capability;	/* CAPA's line, or NULL */
	enum reply (*run)(struct session *, const struct command_arguments *);
};

/* Whether all conditions of a command hold. */
bool command_is_offered(const struct command *, unsigned state);

/*
 * Finds the command that a line of `length` octets means. The table ends with
 * a row whose verb is NULL; `line` is NUL-terminated, holds no other NUL, and
 * must outlive *arguments. Returns REPLIED and fills both outputs, or the
 * refusal that the line deserves.
 */
enum reply command_parse(const struct command *table, unsigned state,
    const char *line, size_t length, const struct command **command,
    struct command_arguments *arguments);

#endif
