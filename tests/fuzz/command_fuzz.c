/*
 * The command line parser against patterns.
 *
 * An octet for the state and what holds there, then the line.
 */
#include "tests/fuzz/command_naive.h"

static struct command table[NAIVE_VERBS + 1];

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	for (size_t i = 0; i < NAIVE_VERBS; i++)
		table[i] = (struct command){
			.verb = naive_rows[i].verb,
			.states = naive_rows[i].states,
			.first = naive_rows[i].first,
			.second = naive_rows[i].second,
		};
	return 0;
}

static void
compare(const struct naive_command *wanted, const struct command *command,
    const struct command_arguments *found)
{
	if (wanted->reply != REPLIED) {
		fuzz_require(command == NULL && found->message == 77 &&
		    found->count == 77, "an output was written");
		return;
	}
	fuzz_require(command == &table[wanted->verb], "another command");
	fuzz_require(found->has_message == wanted->has_message &&
	    found->message == wanted->number[0] &&
	    found->count == wanted->number[1], "other numbers");
	fuzz_require((found->text == NULL) == (wanted->text == NULL) &&
	    (found->text == NULL || strcmp(found->text, wanted->text) == 0),
	    "another text");
	fuzz_require(found->mechanism_length == wanted->mechanism_length &&
	    (found->mechanism == NULL) == (wanted->mechanism == NULL) &&
	    (found->mechanism == NULL || memcmp(found->mechanism,
	    wanted->mechanism, found->mechanism_length) == 0),
	    "another mechanism");
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	struct fuzz_input input = fuzz_input(octets, length);
	unsigned octet = fuzz_octet(&input);
	unsigned state = (1 + octet % 3) | (octet / 3 % 4 * NEEDS_SECURE);
	char *line = fuzz_string(input);
	const struct command *command = NULL;
	struct command_arguments arguments = { .message = 77, .count = 77 };
	struct naive_command wanted = naive_command(line, state);
	enum reply reply = command_parse(table, state, line, strlen(line),
	    &command, &arguments);

	fuzz_require(reply == wanted.reply, "reply %d, not %d", (int)reply,
	    (int)wanted.reply);
	compare(&wanted, command, &arguments);
	free(line);
	return 0;
}
