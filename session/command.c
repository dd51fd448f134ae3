#include "session/command.h"

#include <string.h>

#include "base/text.h"

/* The arguments not yet taken; each stands after exactly one space. */
struct rest {
	const char *at;
	size_t length;
};

static const struct command *
find(const struct command *row, const char *verb, size_t length)
{
	for (; row->verb != NULL; row++)
		if (text_equal_nocase(verb, length, row->verb))
			return row;
	return NULL;
}

/* Takes " word" from the front; false if there is none. */
static bool
take_word(struct rest *rest, struct rest *word)
{
	const char *end;

	if (rest->length < 2 || rest->at[0] != ' ' || rest->at[1] == ' ')
		return false;
	word->at = rest->at + 1;
	end = memchr(word->at, ' ', rest->length - 1);
	word->length = end == NULL ? rest->length - 1
	    : (size_t)(end - word->at);
	rest->at += 1 + word->length;
	rest->length -= 1 + word->length;
	return true;
}

static bool
take_number(struct rest *rest, uint64_t *number)
{
	struct rest word;

	return take_word(rest, &word) &&
	    text_number(word.at, word.length, UINT64_MAX, number);
}

static bool
take_graphic(struct rest *rest, struct rest *word)
{
	return take_word(rest, word) &&
	    text_is_graphic(word->at, word->length);
}

/* A name or a response is always the last argument, so its word ends at the
 * line's NUL. */
static bool
take_last(struct rest *rest, const char **last)
{
	struct rest word;

	if (!take_graphic(rest, &word))
		return false;
	*last = word.at;
	return true;
}

static bool
take_mechanism(struct rest *rest, struct command_arguments *arguments)
{
	struct rest word;

	if (!take_graphic(rest, &word))
		return false;
	arguments->mechanism = word.at;
	arguments->mechanism_length = word.length;
	return true;
}

static bool
take_secret(struct rest *rest, const char **secret)
{
	if (rest->length == 0 || rest->at[0] != ' ')
		return false;
	*secret = rest->at + 1;
	rest->length = 0;
	return true;
}

static bool
take(struct rest *rest, enum command_argument kind,
    struct command_arguments *arguments)
{
	switch (kind) {
	case ARG_NONE:
		return true;
	case ARG_MECHANISM_OPTIONAL:
		return rest->length == 0 || take_mechanism(rest, arguments);
	case ARG_RESPONSE_OPTIONAL:
		return rest->length == 0 || take_last(rest, &arguments->text);
	case ARG_NAME:
		return take_last(rest, &arguments->text);
	case ARG_SECRET:
		return take_secret(rest, &arguments->text);
	case ARG_MESSAGE_OPTIONAL:
		if (rest->length == 0)
			return true;
		/* fall through */
	case ARG_MESSAGE:
		arguments->has_message = true;
		return take_number(rest, &arguments->message);
	case ARG_COUNT:
		return take_number(rest, &arguments->count);
	}
	return false;
}

/* Some clients end a command with a space where no argument follows: it is
 * none. Phones put one behind a name that they complete. Words are passed on to
 * the octet, as passwords may end in spaces. */
static void
drop_last_spaces(struct rest *rest, enum command_argument first)
{
	size_t length = rest->length;

	while (length > 0 && rest->at[length - 1] == ' ')
		length--;
	if (first == ARG_SECRET ||
	    (first == ARG_MECHANISM_OPTIONAL && length > 0))
		return;
	rest->length = length;
}

bool
command_is_offered(const struct command *command, unsigned state)
{
	return (command->states & ~state & NEEDS_ANY) == 0;
}

/* Whether a command is allowed, or the refusal it deserves. */
static enum reply
allow(const struct command *command, unsigned state)
{
	if ((command->states & state & IN_ANY) == 0)
		return REFUSED_WRONG_STATE;
	if (command_is_offered(command, state))
		return REPLIED;
	return (command->states & NEEDS_SECURE) != 0 ? REFUSED_PLAINTEXT
	    : REFUSED_NO_TLS;
}

enum reply
command_parse(const struct command *table, unsigned state,
    const char *line, size_t length, const struct command **command,
    struct command_arguments *arguments)
{
	const char *space = memchr(line, ' ', length);
	size_t verb = space == NULL ? length : (size_t)(space - line);
	struct rest rest = { line + verb, length - verb };
	const struct command *found = find(table, line, verb);
	struct command_arguments taken = { 0 };
	enum reply reply = found == NULL ? REFUSED_UNKNOWN_COMMAND
	    : allow(found, state);

	if (reply != REPLIED)
		return reply;
	drop_last_spaces(&rest, found->first);
	if (!take(&rest, found->first, &taken) ||
	    !take(&rest, found->second, &taken) || rest.length > 0)
		return REFUSED_ARGUMENTS;
	*command = found;
	*arguments = taken;
	return REPLIED;
}
