/* Where a message of an mbox ends (maildrop/mbox/separator.h). */
#include "maildrop/mbox/separator.h"

#include <string.h>

#include "maildrop/mbox/from.h"
#include "tests/unit/check.h"

#define FROM "From a@b Mon Jan  1 00:00:00 2024\n"
#define EARLIER "From a@b Sun Dec 31 00:00:00 2023\n"
#define RECEIVED "Received: from a by b\n"

/* A body of 10 octets that a Content-Length claims. */
#define BODY "body body\n"

/* Where the body begins in the mailbox, after the empty line of the header;
 * and what there is from there on. */
#define BODY_AT 100
static const char *box;

static size_t
peek(void *context, uint64_t offset, char *at, size_t size)
{
	size_t length = strlen(box), left;

	(void)context;
	if (offset == BODY_AT - 1) {
		at[0] = '\n';
		return 1;
	}
	offset -= BODY_AT;
	left = offset < length ? length - (size_t)offset : 0;
	if (size > left)
		size = left;
	memcpy(at, box + (left > 0 ? offset : 0), size);
	return size;
}

/* The separator of a message whose body begins the box and that claims so
 * much. */
static struct separator
claimed(const char *data, const char *claim)
{
	struct separator s;

	box = data;
	separator_init(&s, peek, NULL);
	separator_begin(&s, mbox_from_date(FROM, strlen(FROM)));
	if (claim != NULL)
		separator_claim(&s, claim, strlen(claim));
	separator_body(&s, BODY_AT);
	return s;
}

/* Whether the From_ line at `offset` of the box divides. */
static bool
divides(const struct separator *s, uint64_t offset, bool after_empty)
{
	const char *line = box + offset;
	size_t length = strcspn(line, "\n") + 1;

	return separator_divides(s, BODY_AT + offset, length,
	    mbox_from_date(line, length), after_empty);
}

/* --- without a claim, or with one that is not believed -------------------- */

struct unbelieved {
	const char *sentence, *data, *claim;
	bool end_may_move;	/* it may be believed when the file has grown */
};

/* More than a From_ line can have. */
#define TEN "xxxxxxxxx "
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define LONG HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED \
	HUNDRED HUNDRED HUNDRED

static const struct unbelieved unbelieved[] = {
	{ "Without a Content-Length each From_ line after an empty line "
	    "divides", BODY "\n" FROM, NULL, false },
	{ "A Content-Length into the middle of a line is not believed",
	    BODY "\n" FROM, "8", true },
	{ "A Content-Length to text is not believed",
	    BODY "\n" FROM "\ntext", "46", true },
	{ "A Content-Length to text is not believed, and never will be if the "
	    "file goes on behind it", BODY "\ntext" LONG "\n\n" FROM, "11",
	    false },
	{ "A Content-Length to text \"From \" is not believed",
	    BODY "\n" FROM "\nFrom me\n", "45", true },
	{ "A Content-Length past the end of the file is not believed",
	    BODY "\n" FROM, "46", true },
	{ "A Content-Length to three line ends is not believed",
	    BODY "\n\n\n\n" FROM, "9", true },
	{ "A Content-Length near 2^64 is not believed",
	    BODY "\n" FROM, "18446744073709551614", false },
	{ "A Content-Length that is no number is none", BODY "\n" FROM, "-10", false },
	{ "A Content-Length of more than 64 bits is none", BODY "\n" FROM,
	    "18446744073709551626", false },
	{ "An empty Content-Length is none", BODY "\n" FROM, "", false },
};

static void
check_unbelieved(const struct unbelieved *row)
{
	struct separator s = claimed(row->data, row->claim);
	uint64_t from = (uint64_t)(strstr(row->data, FROM) - row->data);

	check_begin(row->sentence);
	check_that(divides(&s, from, true), "it does not divide");
	check_that(!divides(&s, from, false), "it divides after text");
	check_that(s.end_may_move == row->end_may_move, "may move: %d",
	    s.end_may_move);
	check_end();
}

/* --- claims that are believed --------------------------------------------- */

struct believed {
	const char *sentence, *data, *claim;
	uint64_t expected;	/* where the next message begins */
	bool end_may_move;
};

static const struct believed believed[] = {
	{ "A Content-Length to an empty line and a From_ line is believed",
	    BODY "\n" FROM "\n", "10", 11, false },
	{ "A Content-Length to the From_ line itself is believed",
	    BODY FROM "\n", "10", 10, false },
	{ "A Content-Length to two empty lines and a From_ line is believed",
	    BODY "\n\n" FROM "\n", "10", 12, false },
	{ "A Content-Length to CRLF and a From_ line is believed",
	    BODY "\r\n" FROM "\n", "10", 12, false },
	{ "A Content-Length before the line's own end is believed",
	    BODY FROM "\n", "9", 10, false },
	{ "A Content-Length to the end of the file is believed, and its end may "
	    "move", BODY, "10", 10, true },
	{ "A Content-Length to the last empty line is believed, and its end may "
	    "move", BODY "\n", "10", 11, true },
	{ "A Content-Length to a last From_ line without LF is believed, and its "
	    "end may move", BODY "\nFrom a@b Mon Jan  1 00:00:00 2024", "10",
	    11, true },
	{ "A Content-Length of 0 is believed", "\n" FROM "\n", "0", 1, false },
};

static void
check_believed(const struct believed *row)
{
	struct separator s = claimed(row->data, row->claim);
	uint64_t expected = BODY_AT + row->expected;

	check_begin(row->sentence);
	check_that(s.expected == expected, "expected at %ju, not %ju",
	    (uintmax_t)s.expected, (uintmax_t)expected);
	check_that(separator_divides(&s, expected, 1, 1, false),
	    "the next message does not begin there");
	check_that(!separator_was_misled(&s, expected) &&
	    separator_was_misled(&s, expected + 1), "misled");
	check_that(s.end_may_move == row->end_may_move, "may move: %d",
	    s.end_may_move);
	check_end();
}

/* --- From_ lines before the end that is claimed ---------------------------- */

#define QUOTED(from) "text\n\n" from RECEIVED "\n"

/* The From_ line of a message, and one in its text. */
static const struct {
	const char *from, *data;
	bool divides;
} back[] = {
	{ "From a@b Sun Oct 29 02:59:59 2023\n",
	    QUOTED("From a@b Sun Oct 29 02:00:00 2023\n"), true },
	{ "From a@b Fri Mar  1 12:00:00 2024\n",
	    QUOTED("From a@b Thu Feb 29 12:00:01 2024\n"), true },
	{ "From a@b Fri Mar  1 12:00:00 2024\n",
	    QUOTED("From a@b Thu Feb 29 12:00:00 2024\n"), false },
	{ "From a@b Wed Mar  1 12:00:00 2023\n",
	    QUOTED("From a@b Tue Feb 28 12:00:01 2023\n"), true },
	{ "From a@b Wed Mar  1 12:00:00 2000\n",
	    QUOTED("From a@b Mon Feb 28 13:00:00 2000\n"), false },
	{ "From a@b Mon Jan  1 00:00:00 2024\n",
	    QUOTED("From a@b Sun Dec 31 23:59:59 2023\n"), true },
	{ "From a@b Mon Jan  1 00:00:00 1900\n",
	    QUOTED("From a@b Mon Jan  1 00:00:00 9999\n"), true },
};

static void
check_hidden(void)
{
	static const char quoted[] = "text\n\n" EARLIER RECEIVED "\n";
	static const char later[] = "text\n\n" FROM RECEIVED "\n";
	static const char bare[] = "text\n\n" FROM "Subject: x\n\n";
	struct separator s;

	check_begin("What a mail quotes is hidden by a Content-Length");
	s = claimed(quoted, "63");
	check_that(s.expected == BODY_AT + 63, "not believed: %zu", strlen(quoted));
	check_that(!divides(&s, 6, true), "it divides");
	check_end();
	check_begin("A message delivered later is not hidden by it");
	s = claimed(later, "63");
	check_that(s.expected == BODY_AT + 63, "not believed: %zu", strlen(later));
	check_that(divides(&s, 6, true), "it does not divide");
	check_that(!divides(&s, 6, false), "it divides after text");
	check_end();
	for (size_t i = 0; i < sizeof(back) / sizeof(*back); i++) {
		check_begin("A date that is earlier by less than a day may be "
		    "later, in any month");
		s = claimed(back[i].data, "63");
		separator_begin(&s, mbox_from_date(back[i].from,
		    strlen(back[i].from)));
		separator_claim(&s, "63", 2);
		separator_body(&s, BODY_AT);
		check_that(divides(&s, 6, true) == back[i].divides, "%s",
		    back[i].data);
		check_end();
	}
	check_begin("A later From_ line without a trace header is hidden");
	s = claimed(bare, "52");
	check_that(s.expected == BODY_AT + 52, "not believed: %zu", strlen(bare));
	check_that(!divides(&s, 6, true), "it divides");
	check_end();
}

/* What the header of one message says is not of the next; of two lengths the
 * last counts, be it none. */
static void
check_claims(void)
{
	struct separator s = claimed(BODY FROM "\n", "10");

	check_begin("A message takes nothing over from the one before");
	separator_begin(&s, 1);
	check_that(s.expected == UINT64_MAX && s.trusted_until == 0 &&
	    !separator_was_misled(&s, 1), "a claim");
	s = claimed(BODY, "10");
	separator_begin(&s, 1);
	check_that(!s.end_may_move, "may move");
	check_end();
	check_begin("A second Content-Length that is no number takes the first "
	    "back");
	separator_claim(&s, "10", 2);
	separator_claim(&s, "ten", 3);
	separator_body(&s, BODY_AT);
	check_that(s.expected == UINT64_MAX &&
	    !separator_was_misled(&s, 1), "believed");
	check_end();
}

static void
check_alone(void)
{
	struct separator s;

	box = BODY "\n" FROM;
	separator_init(&s, NULL, NULL);
	separator_begin(&s, 1);
	separator_body(&s, BODY_AT);
	check_begin("Where all is one message nothing divides");
	check_that(!divides(&s, 11, true), "it divides");
	check_end();
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(unbelieved) / sizeof(*unbelieved); i++)
		check_unbelieved(&unbelieved[i]);
	for (size_t i = 0; i < sizeof(believed) / sizeof(*believed); i++)
		check_believed(&believed[i]);
	check_hidden();
	check_claims();
	check_alone();
	return check_status();
}
