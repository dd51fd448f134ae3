/* Commands out of lines, by a small table of our own (session/command.h). */
#include "session/command.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/check.h"

static const struct command table[] = {
	{ "NONE", IN_ANY, ARG_NONE, ARG_NONE, NULL, NULL },
	{ "NAME", IN_AUTHORIZATION, ARG_NAME, ARG_NONE, NULL, NULL },
	{ "PASS", IN_AUTHORIZATION, ARG_SECRET, ARG_NONE, NULL, NULL },
	{ "ONE", IN_TRANSACTION, ARG_MESSAGE, ARG_NONE, NULL, NULL },
	{ "LIST", IN_TRANSACTION, ARG_MESSAGE_OPTIONAL, ARG_NONE, NULL,
	    NULL },
	{ "TOP", IN_TRANSACTION, ARG_MESSAGE, ARG_COUNT, NULL, NULL },
	{ "SASL", IN_AUTHORIZATION | NEEDS_SECURE, ARG_MECHANISM_OPTIONAL,
	    ARG_RESPONSE_OPTIONAL, NULL, NULL },
	{ "TLS", IN_AUTHORIZATION | NEEDS_TLS_OFFER, ARG_NONE, ARG_NONE, NULL,
	    NULL },
	{ NULL, 0, ARG_NONE, ARG_NONE, NULL, NULL },
};

enum row { NONE, NAME, PASS, ONE, LIST, TOP, SASL, TLS };

/* A command found, with what was passed. */
struct parsed {
	enum reply reply;
	const struct command *command;
	struct command_arguments arguments;
};

/* The lines live on the heap without a spare octet; one at a time. */
static char *line_copy;

static struct parsed
parse_octets(unsigned state, const char *line, size_t length)
{
	struct parsed parsed = {
		.command = &table[TOP],
		.arguments = { .message = 77, .count = 77 },
	};

	free(line_copy);
	line_copy = malloc(length + 1);
	if (line_copy == NULL)
		abort();
	memcpy(line_copy, line, length);
	line_copy[length] = '\0';
	parsed.reply = command_parse(table, state, line_copy, length,
	    &parsed.command, &parsed.arguments);
	return parsed;
}

static struct parsed
parse(unsigned state, const char *line)
{
	return parse_octets(state, line, strlen(line));
}

static bool
finds(unsigned state, const char *line, enum row row)
{
	struct parsed parsed = parse(state, line);

	return parsed.reply == REPLIED && parsed.command == &table[row];
}

static bool
passes_text(const char *line, enum row row, const char *text)
{
	struct parsed parsed = parse(IN_AUTHORIZATION, line);

	return parsed.reply == REPLIED && parsed.command == &table[row] &&
	    parsed.arguments.text != NULL &&
	    strcmp(parsed.arguments.text, text) == 0;
}

static bool
passes_message(const char *line, enum row row, uint64_t message)
{
	struct parsed parsed = parse(IN_TRANSACTION, line);

	return parsed.reply == REPLIED && parsed.command == &table[row] &&
	    parsed.arguments.has_message &&
	    parsed.arguments.message == message;
}

static bool
passes_count(const char *line, uint64_t message, uint64_t count)
{
	return passes_message(line, TOP, message) &&
	    parse(IN_TRANSACTION, line).arguments.count == count;
}

/* Every line of the list, which NULL ends, gets this refusal, and leaves the
 * outputs alone. */
static void
check_refused(const char *sentence, unsigned state,
    enum reply refusal, const char *const *lines)
{
	char shown[100];

	check_begin(sentence);
	for (; *lines != NULL; lines++) {
		struct parsed parsed = parse(state, *lines);

		check_show(shown, sizeof(shown), *lines, strlen(*lines));
		check_that(parsed.reply == refusal, "\"%s\": reply %d", shown,
		    (int)parsed.reply);
		check_that(parsed.command == &table[TOP] &&
		    parsed.arguments.message == 77 &&
		    parsed.arguments.count == 77 &&
		    !parsed.arguments.has_message &&
		    parsed.arguments.text == NULL,
		    "\"%s\": an output was written", shown);
	}
	check_end();
}

#define LINES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void
check_verbs(void)
{
	check(finds(IN_TRANSACTION, "NONE", NONE) &&
	    finds(IN_TRANSACTION, "none", NONE) &&
	    finds(IN_AUTHORIZATION, "nOnE", NONE),
	    "Verbs are known in any case (RFC 1939 section 3)");
	check_refused("Other words are no commands", IN_TRANSACTION,
	    REFUSED_UNKNOWN_COMMAND, LINES("", " ", "NON", "NONEX", "XNONE",
	    " NONE", "\tNONE", "NONE\t", "NONE\t1", "NONE\r", "TOP1 1", "\xff",
	    "QUIT"));
}

static void
check_states(void)
{
	check_refused("A command in the wrong state is refused",
	    IN_AUTHORIZATION, REFUSED_WRONG_STATE,
	    LINES("ONE 1", "LIST", "TOP 1 1"));
	check_refused("A login in the TRANSACTION state is refused",
	    IN_TRANSACTION, REFUSED_WRONG_STATE,
	    LINES("NAME a", "PASS b", "pass b", "PASS "));
	check_refused("The state is looked at before the arguments",
	    IN_AUTHORIZATION, REFUSED_WRONG_STATE,
	    LINES("ONE", "ONE x", "TOP 1", "LIST 1 2"));
	check(finds(IN_AUTHORIZATION, "NONE", NONE) &&
	    finds(IN_TRANSACTION, "NONE", NONE),
	    "A command of both states is found in both");
}

static void
check_conditions(void)
{
	check(finds(IN_AUTHORIZATION | NEEDS_SECURE, "SASL", SASL) &&
	    finds(IN_AUTHORIZATION | NEEDS_TLS_OFFER, "TLS", TLS),
	    "A command is found where its condition holds");
	check_refused("A command that wants privacy is refused without",
	    IN_AUTHORIZATION | NEEDS_TLS_OFFER, REFUSED_PLAINTEXT,
	    LINES("SASL", "SASL PLAIN", "sasl  x"));
	check_refused("A command that starts TLS is refused where it cannot",
	    IN_AUTHORIZATION | NEEDS_SECURE, REFUSED_NO_TLS,
	    LINES("TLS", "TLS now"));
	check_refused("The state is looked at before the conditions",
	    IN_TRANSACTION, REFUSED_WRONG_STATE, LINES("SASL", "TLS"));
	check(command_is_offered(&table[NAME], 0) &&
	    !command_is_offered(&table[TLS], IN_ANY | NEEDS_SECURE) &&
	    command_is_offered(&table[TLS], NEEDS_TLS_OFFER),
	    "A command is offered where its conditions hold");
}

/* "SASL" and these words. */
static bool
passes_words(const char *line, const char *mechanism, const char *response)
{
	struct parsed parsed = parse(IN_AUTHORIZATION | NEEDS_SECURE, line);
	const struct command_arguments *found = &parsed.arguments;

	return parsed.reply == REPLIED && parsed.command == &table[SASL] &&
	    (mechanism == NULL ? found->mechanism == NULL
	    : found->mechanism_length == strlen(mechanism) &&
	    memcmp(found->mechanism, mechanism, strlen(mechanism)) == 0) &&
	    (response == NULL ? found->text == NULL
	    : found->text != NULL && strcmp(found->text, response) == 0);
}

static void
check_optional_words(void)
{
	check(passes_words("SASL", NULL, NULL), "Both words may be left out");
	check(passes_words("SASL PLAIN", "PLAIN", NULL),
	    "The second word may be left out");
	check(passes_words("SASL ", NULL, NULL) &&
	    passes_words("SASL  ", NULL, NULL),
	    "Spaces where no word follows are none");
	check(passes_words("sasl plain =", "plain", "=") &&
	    passes_words("SASL x AA==", "x", "AA=="),
	    "Both words are passed on");
	check_refused("Words are graphic, and after one space each",
	    IN_AUTHORIZATION | NEEDS_SECURE, REFUSED_ARGUMENTS,
	    LINES("SASL  x", "SASL x ", "SASL x  y", "SASL x y z",
	    "SASL x\ty", "SASL x y\xff", "SASL \x01"));
}

static void
check_numbers(void)
{
	check(passes_message("ONE 1", ONE, 1) && passes_message("one 0", ONE,
	    0), "A message number is passed on");
	check(passes_message("ONE 01", ONE, 1),
	    "Zeros before a number do not matter");
	check(passes_message("ONE 4294967297", ONE, 4294967297),
	    "A number of more than 32 bits is not cut");
	check(passes_message("ONE 18446744073709551615", ONE, UINT64_MAX),
	    "The largest number is passed on");
	check_refused("What is no number is refused (RFC 1939 section 3)",
	    IN_TRANSACTION, REFUSED_ARGUMENTS, LINES("ONE 1x", "ONE x",
	    "ONE +1", "ONE -1", "ONE 1.0", "ONE 0x1", "ONE 1,", "ONE \t1",
	    "ONE 1\t", "ONE 1\r", "ONE \xb1"));
	check_refused("A number that is too large is refused",
	    IN_TRANSACTION, REFUSED_ARGUMENTS,
	    LINES("ONE 18446744073709551616", "ONE 18446744073709551617",
	    "ONE 99999999999999999999999999999999", "TOP 1 "
	    "18446744073709551616"));
	check_refused("One space stands before an argument, no more",
	    IN_TRANSACTION, REFUSED_ARGUMENTS,
	    LINES("ONE  1", "TOP  1 1", "TOP 1  1", "LIST  1"));
	check(passes_message("ONE 1 ", ONE, 1) &&
	    passes_message("ONE 1   ", ONE, 1),
	    "Spaces after the last argument are none");
	check_refused("A surplus argument is refused", IN_TRANSACTION,
	    REFUSED_ARGUMENTS, LINES("NONE 1", "NONE x", "ONE 1 2", "LIST 1 2",
	    "TOP 1 2 3", "TOP 1 2 x"));
	check_refused("A missing argument is refused", IN_TRANSACTION,
	    REFUSED_ARGUMENTS, LINES("ONE", "ONE ", "TOP", "TOP ", "TOP 1",
	    "TOP 1 ", "TOP  1"));
}

static void
check_two(void)
{
	struct parsed parsed = parse(IN_TRANSACTION, "LIST");

	check(parsed.reply == REPLIED && !parsed.arguments.has_message,
	    "An optional message number may be left out");
	check(passes_message("LIST 3", LIST, 3),
	    "An optional message number is passed on");
	check_refused("An optional message number must be one",
	    IN_TRANSACTION, REFUSED_ARGUMENTS,
	    LINES("LIST x", "LIST 1x", "LIST +1"));
	check(passes_count("TOP 3 0", 3, 0) && passes_count("top 1 10", 1, 10),
	    "A message number and a count are passed on");
	check(passes_count("TOP 1 18446744073709551615", 1, UINT64_MAX),
	    "The largest count is passed on");
}

static void
check_names(void)
{
	check(passes_text("NAME alice", NAME, "alice") &&
	    passes_text("name !~", NAME, "!~"), "A name is passed on");
	check(passes_text("NAME Alice", NAME, "Alice"),
	    "The case of a name is kept");
	check(passes_text("NAME alice ", NAME, "alice ") &&
	    passes_text("NAME alice   ", NAME, "alice   "),
	    "Spaces behind a name are passed on");
	check_refused("A name has no spaces and is not empty",
	    IN_AUTHORIZATION, REFUSED_ARGUMENTS, LINES("NAME", "NAME ",
	    "NAME  alice", "NAME alice bob"));
	check_refused("A name has no 8-bit octets", IN_AUTHORIZATION,
	    REFUSED_ARGUMENTS, LINES("NAME \xff", "NAME a\x80", "NAME \xc3\xa4",
	    "NAME a\xa0" "b"));
	check_refused("A name has no control characters", IN_AUTHORIZATION,
	    REFUSED_ARGUMENTS, LINES("NAME \t", "NAME a\tb", "NAME a\r",
	    "NAME a\x7f", "NAME \x01", "NAME a\nb", "NAME \x1b[m"));
}

static void
check_secrets(void)
{
	check(passes_text("PASS secret", PASS, "secret"),
	    "A password is passed on");
	check(passes_text("pass  a b  ", PASS, " a b  "),
	    "A password keeps all its spaces (RFC 1939 section 7)");
	check(passes_text("PASS ", PASS, "") && passes_text("PASS  ", PASS,
	    " "), "A password may be empty, or a space");
	check(passes_text("PASS \xff\t\x01\r", PASS, "\xff\t\x01\r"),
	    "A password may be of any octets");
	check_refused("A password is not left out", IN_AUTHORIZATION,
	    REFUSED_ARGUMENTS, LINES("PASS"));
}

/* The longest line that there is, and random lines: the sanitizers watch. */
static void
check_any_line(void)
{
	static const char octets[] = "  NOELISTPANMnone019x\t\xff";
	struct dice dice = { .state = 1939 };
	char line[254];
	size_t found = 0;

	for (int i = 0; i < 200000; i++) {
		size_t length = dice_roll(&dice, 12);

		for (size_t j = 0; j < length; j++)
			line[j] = octets[dice_roll(&dice, sizeof(octets) - 1)];
		if (dice_roll(&dice, 2) == 0 && length >= 4)
			memcpy(line, table[dice_roll(&dice, 3)].verb, 4);
		found += parse_octets(IN_ANY, line, length).reply == REPLIED;
	}
	check(found > 0, "Any line is survived");
	memset(line, 'a', sizeof(line));
	memcpy(line, "NAME ", 5);
	check(strlen(parse_octets(IN_ANY, line, sizeof(line)).arguments.text)
	    == 249, "The longest name is passed on whole");
}

int
main(void)
{
	check_verbs();
	check_states();
	check_conditions();
	check_optional_words();
	check_numbers();
	check_two();
	check_names();
	check_secrets();
	check_any_line();
	free(line_copy);
	return check_status();
}
