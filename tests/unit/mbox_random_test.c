/*
 * The scanner against the naive reading, on random mailboxes made of what is
 * hard to read:
 *
 *	mbox_random_test [seed [mailboxes]]
 */
#include "tests/unit/mbox_naive.h"

#define MAILBOXES 300000
#define FRAGMENTS_MAX 40

#define DATE " Mon Jan  1 00:00:00 2024"
#define INTERNAL_SUBJECT \
	"subject:DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\n"
#define LENGTH_DIGITS "Content-Length: " SIX_DIGITS
#define SIX_DIGITS "######"		/* to be filled in */

enum flavour {
	PLAIN,			/* no long lines, no Content-Length */
	CLAIMS,			/* Content-Length, with and without sense */
	LONG_LINES,		/* around MBOX_FROM_MAX */
	EVERYTHING,
};

static const char *const beginnings[] = {
	"From a@b" DATE "\n",
	"From a@b" DATE "\r\n",
	"From" DATE "\n",
	"From MAILER-DAEMON" DATE "\n",
	"From MAILER_DAEMON" DATE "\n",
	"\nFrom a@b" DATE "\n",
	"\r\n\nFrom a@b" DATE "\n",
	"From a@b" DATE "\r", "From a@b" DATE "\rA: b\r\r\n",
	"From MAILER-DAEMON" DATE "\rx\n",
	"\n\r", "\r", "x", "From a@b\n", "",
};

static const char *const fragments[] = {
	"From a@b" DATE "\n", "\nFrom a@b" DATE "\n",
	"From c" DATE "\r\n", "\r\nFrom c" DATE "\r\n",
	"\n\nFrom d, 1 Jan 2024 10:00\n",
	"\nFrom Mon, 1 Jan 2024 10:00 +0000\n",
	"From what I saw\n", "\nFrom what I saw\n", ">From a@b" DATE "\n",
	" From a@b" DATE "\n", "From", "From ", ("From a@b" DATE), "F", "\nF",
	"\n", "\n", "\n", "\r\n", "\r\n", "\r", "\r\r\n", "\n\n", "\n\r\n",
	" \n", "\t\r\n", "Subject: hello\n", "Subject: hello\r\n",
	"Subject : obsolete\n", INTERNAL_SUBJECT, "X-IMAP: 1 2\n",
	"X-IMAPbase: 1 2\r\n",
	"Status: RO\n", "Status: RO\r\n", "X-Status: A\n", "x-uid: 7\n",
	"X-Keywords:\n", "X-Keywords: a\n b\n\tc\n", "X-UIDL: shown\n",
	"Lines: 3\n", "lines :3\r\n", "Lines:\n 3\n", "List-Id: a\n",
	"X-VM-Labels: a\n", "x-vm-:\n", "X-VM-x\n", "X-Evolution: 0-1\r\n",
	"X-Mozilla-Status2: 0\n", "X-Mozilla-Status3: shown\n",
	"\nFrom a@b" DATE "\rStatus: RO\r\n", "\nFrom a\rb@c" DATE "\n",
	"\nFrom a@b" DATE "\r\rx", "From a@b" DATE " \r\r\n",
	"Status\n", "Status :\n", " continued\n", "\tcontinued\r\n",
	"Received: by x\n", "return-path:<>\r\n", "Delivered-To : a\n",
	("\nFrom a@b" DATE "\nReceived:\n"),
	("\nFrom a@b Tue Jan  2 00:00:00 2024\nReceived:\n"),
	"\nFrom a@b Sun Dec 31 23:59:59 2023\nReceived:\n",
	"\nFrom a@b Sun Dec 31 23:59:59 23\nReceived:\n",
	"\nFrom a@b Tue Jan  2 00:00:00 124\nReceived:\n",
	"Envelope-To:", "X-Original-To\n",
	"X-Original-To:", "X-Original-To  :\n", "X-Original-To   :\n",
	"To: a\n b\n", ": no name\n", "\n.\n", "..\n", "text\n", "text\r\n",
	"text", "t", " ", "\xff\xfe 8 bit\n", "a\rb\n", "DELETE",
};

static const char *const claims[] = {
	LENGTH_DIGITS "\n", LENGTH_DIGITS "\n",
	LENGTH_DIGITS "\r\n", "content-length:" SIX_DIGITS "\n",
	"Content-Length \t:\t" SIX_DIGITS " \n", "Content-Length: -1\n",
	LENGTH_DIGITS, "Content-Length:\n " SIX_DIGITS "\n",
	"Content-Length: 18446744073709551616\n", "Content-Length: 0x10\n",
	"Content-Length: 18446744073709551615\n", "Content-Length:\n",
	"Content-Length: 18446744073709551614\n", "Content-Length: +1\n",
	"Content-Length: 9223372036854775807\n", "Content-Length: 1 2\n",
};

static const char *const long_starts[] = {
	"From a@b" DATE " remote from ", "\nFrom a@b" DATE " remote from ",
	"Subject: ", "Status: ", "X-UID", "X-Keywords: ", " continued ", "text",
	"\nFrom what", ("\n\nFrom c" DATE), "Content-Length: 1",
};

#define PICK(dice, array) \
	(array)[dice_roll((dice), sizeof(array) / sizeof((array)[0]))]

/* A mailbox that is being made. */
struct made {
	size_t length;
	char at[SEEN_TEXT_MAX / 2];
};

static void
add(struct made *made, const char *octets, size_t length)
{
	if (length > sizeof(made->at) - made->length)
		length = sizeof(made->at) - made->length;
	memcpy(made->at + made->length, octets, length);
	made->length += length;
}

static void
add_word(struct made *made, const char *word)
{
	add(made, word, strlen(word));
}

/* A line whose end is near MBOX_FROM_MAX octets from its start. */
static void
add_long_line(struct made *made, struct dice *dice)
{
	static const char *const ends[] = { "\n", "\r\n", "", "\r", ": x\n",
	    DATE "\n" };
	const char *start = PICK(dice, long_starts);
	size_t length = MBOX_FROM_MAX - 4 + dice_roll(dice, 8);
	size_t from = made->length;

	add_word(made, start);
	while (start[0] == '\n') {
		from++;
		start++;
	}
	while (made->length < from + length &&
	    made->length < sizeof(made->at))
		add(made, dice_roll(dice, 200) == 0 ? "\r" : "x", 1);
	add_word(made, PICK(dice, ends));
}

static void
add_fragment(struct made *made, struct dice *dice, enum flavour flavour)
{
	size_t kind = dice_roll(dice, 24);
	bool may_claim = flavour == CLAIMS || flavour == EVERYTHING;
	bool may_be_long = flavour == LONG_LINES || flavour == EVERYTHING;

	if (may_be_long && kind == 0)
		add_long_line(made, dice);
	else if (may_claim && kind <= 3)
		add_word(made, PICK(dice, claims));
	else if (kind == 4)
		add(made, "\0", 1);
	else
		add_word(made, PICK(dice, fragments));
}

/* What follows the empty line after `at`, or the end. */
static size_t
body_after(const struct made *made, size_t at)
{
	for (; at + 1 < made->length; at++) {
		if (made->at[at] != '\n')
			continue;
		if (made->at[at + 1] == '\n')
			return at + 2;
		if (at + 2 < made->length && made->at[at + 1] == '\r' &&
		    made->at[at + 2] == '\n')
			return at + 3;
	}
	return made->length;
}

/* Some place in the mailbox that a claim might mean: most are wrong by a
 * little, or not at all. */
static size_t
some_target(const struct made *made, struct dice *dice, size_t body)
{
	size_t target = body, skip = dice_roll(dice, 4);

	if (dice_roll(dice, 5) == 0)
		return made->length + dice_roll(dice, 5) - 2;
	if (dice_roll(dice, 8) == 0)
		return body + dice_roll(dice, made->length - body + 4);
	for (size_t at = body; at + 5 < made->length; at++) {
		if (memcmp(made->at + at, "From ", 5) != 0)
			continue;
		target = at;
		if (skip-- == 0)
			break;
	}
	return target + dice_roll(dice, 4) - dice_roll(dice, 4);
}

static void
fill_in_claims(struct made *made, struct dice *dice)
{
	size_t width = strlen(SIX_DIGITS);

	for (size_t at = 0; at + width <= made->length; at++) {
		char digits[32];
		size_t body, target;

		if (memcmp(made->at + at, SIX_DIGITS, width) != 0)
			continue;
		body = body_after(made, at);
		target = some_target(made, dice, body);
		snprintf(digits, sizeof(digits), "%06zu",
		    target > body ? target - body : 0);
		memcpy(made->at + at, digits, width);
	}
}

static void
make(struct made *made, struct dice *dice, enum flavour flavour)
{
	size_t count = dice_roll(dice, FRAGMENTS_MAX);

	made->length = 0;
	if (dice_roll(dice, 12) == 0)
		add_word(made, PICK(dice, beginnings));
	else
		add_word(made, beginnings[dice_roll(dice, 4)]);
	while (count-- > 0)
		add_fragment(made, dice, flavour);
	fill_in_claims(made, dice);
}

/* --- comparing ------------------------------------------------------------ */

/* Too large for the stack. */
static struct naive naive;
static struct seen wanted, whole, pieces, alone;

/* What a scan of pieces tells otherwise than the scan of the whole. */
static const char *
cut_difference(struct box *box, const struct cuts *everywhere,
    const struct cuts *some)
{
	const struct cuts nowhere = { .by_many = some->by_many };

	seen_scan(&pieces, box, 0, box->length, false, &nowhere);
	if (seen_difference(&whole, &pieces) != NULL)
		return "fed whole";
	seen_scan(&pieces, box, 0, box->length, false, everywhere);
	if (seen_difference(&whole, &pieces) != NULL)
		return "fed octet by octet";
	seen_scan(&pieces, box, 0, box->length, false, some);
	if (seen_difference(&whole, &pieces) != NULL)
		return "cut at random";
	return NULL;
}

/* What is wrong, or NULL. */
static const char *
difference(struct box *box, struct dice *dice)
{
	const struct cuts nowhere = { .where = CUT_NOWHERE };
	struct cuts everywhere = { .where = CUT_EVERYWHERE };
	struct cuts some = { .where = CUT_AT_RANDOM, .dice = dice };
	const char *what;

	naive_read(&naive, box, &wanted);
	seen_scan(&whole, box, 0, box->length, false, &nowhere);
	what = seen_difference(&wanted, &whole);
	some.by_many = dice_roll(dice, 2) == 0;
	if (what == NULL)
		what = seen_fault(&whole, box, &alone,
		    dice_roll(dice, 2) == 0 ? &nowhere : &some);
	for (int by_many = 0; by_many < 2 && what == NULL; by_many++) {
		everywhere.by_many = some.by_many = by_many != 0;
		what = cut_difference(box, &everywhere, &some);
	}
	return what;
}

static bool
differs_without(const struct made *made, size_t at, size_t length,
    struct made *smaller)
{
	struct dice dice = { .state = 1 };
	struct box box = { smaller->at, made->length - length };

	smaller->length = box.length;
	memcpy(smaller->at, made->at, at);
	memcpy(smaller->at + at, made->at + at + length,
	    made->length - at - length);
	return difference(&box, &dice) != NULL;
}

/* Leaves out of a mailbox what does not matter to its difference. */
static void
shrink(struct made *made)
{
	static struct made smaller;
	bool again = true;

	while (again) {
		again = false;
		for (size_t length = 128; length > 0; length /= 2)
			for (size_t at = 0; at + length <= made->length;)
				if (differs_without(made, at, length,
				    &smaller)) {
					*made = smaller;
					again = true;
				} else {
					at++;
				}
	}
}

static void
show(struct made *made, const char *what)
{
	static char text[4000];
	struct box box;
	struct dice dice = { .state = 1 };
	const char *after;

	shrink(made);
	box = (struct box){ made->at, made->length };
	after = difference(&box, &dice);
	check_that(false, "%s (%s) of \"%s\"; naive: %zu messages, "
	    "scanner: %zu", what, after == NULL ? "only there" : after,
	    check_show(text, sizeof(text), made->at, made->length),
	    wanted.count, whole.count);
}

static void
try(const char *sentence, enum flavour flavour, struct dice *dice,
    size_t mailboxes)
{
	static struct made made;
	size_t differences = 0, messages = 0;

	check_begin(sentence);
	for (size_t i = 0; i < mailboxes; i++) {
		struct box box = { made.at, 0 };
		const char *what;

		make(&made, dice, flavour);
		box.length = made.length;
		what = difference(&box, dice);
		messages += whole.count;
		if (what != NULL && differences++ == 0)
			show(&made, what);
	}
	check_end();
	printf("# %zu mailboxes, %zu messages, %zu differences\n", mailboxes,
	    messages, differences);
}

int
main(int argc, char **argv)
{
	struct dice dice = { .state = 1939 };
	size_t mailboxes = MAILBOXES;

	if (argc > 1)
		dice.state = strtoull(argv[1], NULL, 10);
	if (argc > 2)
		mailboxes = strtoull(argv[2], NULL, 10);
	if (dice.state == 0)
		dice.state = 1;
	printf("# seed %llu\n", (unsigned long long)dice.state);
	try("Random mailboxes are read as the naive reading does",
	    PLAIN, &dice, mailboxes / 3);
	try("Random claims of Content-Length are believed as the naive "
	    "reading does", CLAIMS, &dice, mailboxes / 3);
	try("Random lines around MBOX_FROM_MAX are read as the naive reading "
	    "does", LONG_LINES, &dice, mailboxes / 6);
	try("Random mailboxes of everything are read as the naive reading "
	    "does", EVERYTHING, &dice, mailboxes / 6);
	return check_status();
}
