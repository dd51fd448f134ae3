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
		if (text_is(verb, length, row->verb))
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

/* A name is always the last argument, so its word ends at the line's NUL. */
static bool
take_name(struct rest *rest, const char **name)
{
	struct rest word;

	if (!take_word(rest, &word) || !text_is_graphic(word.at, word.length))
		return false;
	*name = word.at;
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
	case ARG_NAME:
		return take_name(rest, &arguments->text);
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

enum reply
command_parse(const struct command *table, enum command_state state,
    const char *line, size_t length, const struct command **command,
    struct command_arguments *arguments)
{
	const char *space = memchr(line, ' ', length);
	size_t verb = space == NULL ? length : (size_t)(space - line);
	struct rest rest = { line + verb, length - verb };
	const struct command *found = find(table, line, verb);
	struct command_arguments taken = { 0 };

	if (found == NULL)
		return REFUSED_UNKNOWN_COMMAND;
	if ((found->states & state) == 0)
		return REFUSED_WRONG_STATE;
	if (!take(&rest, found->first, &taken) ||
	    !take(&rest, found->second, &taken) || rest.length > 0)
		return REFUSED_ARGUMENTS;
	*command = found;
	*arguments = taken;
	return REPLIED;
}
