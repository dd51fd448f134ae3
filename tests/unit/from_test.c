/* Which lines are From_ lines (maildrop/mbox/from.h). */
#include "maildrop/mbox/from.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/check.h"

#define SHOWN 120

/* What real delivery agents and mail readers have written. */
static const char *const from_lines[] = {
	/* asctime(3), with and without seconds */
	"From a@b Mon Jan  1 00:00:00 2024",
	"From a@b Mon Jan  1 00:00 2024",
	"From a@b.example.org Sat Feb 29 23:59:60 2020",
	"From a@b Wed Dec 31 9:05:00 1997",
	"From a@b Thu Jan  1 00:00:00 1970",
	"From a@b Fri Dec 31 23:59:59 9999",
	"From a@b  Mon  Jan 1  00:00:00  2024",
	"From a@b Mon Jan 01 00:00:00 2024",
	"From a@b\tMon Jan\t1 00:00:00 2024",

	/* zones before and after the year */
	"From a@b Mon Jan  1 00:00:00 CET 2024",
	"From a@b Mon Jan  1 00:00:00 MET DST 2024",
	"From a@b Mon Jan  1 00:00:00 +0100 2024",
	"From a@b Mon Jan  1 00:00:00 2024 +0100",
	"From a@b Mon Jan  1 00:00:00 2024 CET",
	"From a@b Mon Jan  1 00:00 EST5EDT 2024",
	"From a@b Mon Jan  1 00:00:00 2024 +0100 (CET)",

	/* RFC 5322's order */
	"From a@b Mon, 1 Jan 2024 00:00:00 +0100",
	"From a@b Mon, 01 Jan 2024 00:00:00 GMT",
	"From a@b Mon, 1 Jan 2024 00:00",
	"From a@b Mon 1 Jan 2024 00:00:00",
	"From a@b Mon, Jan 1 00:00:00 2024",

	"From a@b Mon Oct 16 2023 23:18:56-0700",
	"From a@b Mon Jan  1 00:00+0100 2024",

	/* the epoch west of Greenwich, and other clocks that were never set */
	"From a@b Wed Dec 31 19:00:05 1969",
	"From - Wed Dec 31 16:00:00 1969",
	"From a@b Fri Jan  1 00:00:00 1904",

	/* years of two digits, and of programs that met 2000 unprepared */
	"From a@b Fri Jun 23 02:56:55 95",
	"From a@b Fri Jun 23 02:56 95",
	"From a@b Fri Jun 23 02:56:55 00",
	"From a@b Mon Jan  1 00:00:00 24",
	"From a@b Fri Jun 23 02:56:55 EST 95",
	"From a@b Fri Jun 23 02:56:55 95 +0100",
	"From a@b Fri Jun 23 02:56:55 95 EST5EDT",
	"From a@b Fri Jun 23 02:56:55 MET DST 95",
	"From a@b Fri Jun 23 02:56:55 95 remote from b",
	"From a@b Fri, 23 Jun 95 02:56:55 +0100 (CET)",
	"From a@b Fri, 23 Jun 95 2:56",
	"From a@b Sat Jan  1 00:00:00 100",
	"From a@b Sat Jan  1 00:00:00 19100",
	"From a@b Sat, 1 Jan 100 00:00:00 GMT",
	"From a@b Tue Dec 31 00:00:00 19199",

	/* senders */
	"From MAILER-DAEMON Mon Jan  1 00:00:00 2024",
	"From - Mon Jan  1 00:00:00 2024",
	"From Mon Jan  1 00:00:00 2024",
	"From  Mon Jan  1 00:00:00 2024",
	"From <> Mon Jan  1 00:00:00 2024",
	"From \"a b\"@c Mon Jan  1 00:00:00 2024",
	"From \"Mon Jan\"@c Mon Jan  1 00:00:00 2024",
	"From Mon Mon Jan  1 00:00:00 2024",
	"From Mon@Jan Mon Jan  1 00:00:00 2024",
	"From a b c d Mon Jan  1 00:00:00 2024",
	"From \xe4\xf6@b Mon Jan  1 00:00:00 2024",
	"From a@b (Mon) Mon Jan  1 00:00:00 2024",

	/* what may follow */
	"From a Mon Jan  1 00:00:00 2024 remote from b",
	"From a!b!c Mon Jan  1 00:00 2024 remote from d.e",
	"From a@b Mon Jan  1 00:00:00 2024 ",
};

static const char *const other_lines[] = {
	/* not even the word */
	"", "F", "From", "From ", "From\t", "from a@b Mon Jan  1 00:00:00 2024",
	"FROM a@b Mon Jan  1 00:00:00 2024",
	">From a@b Mon Jan  1 00:00:00 2024",
	" From a@b Mon Jan  1 00:00:00 2024",
	"From: a@b Mon Jan  1 00:00:00 2024",
	"From\ta@b Mon Jan  1 00:00:00 2024",
	"Froma@b Mon Jan  1 00:00:00 2024",

	/* text */
	"From a@b",
	"From what I saw on Monday, it was fine.",
	"From Mon to Fri at 10:00 in 2024 we are here.",
	"From Monday Jan 1 10:00 2024 on",
	"From May to Jun 1 10:00 2024",
	"From the Sun we got light on Jan 1 10:00 2024",
	"From Sun and Mon Jan 10:00 2024",
	"From here to Mon Jan  1, 10:00 2024",

	"From Mon Jan 1 10:00:00 95 people came",
	"From Mon Jan 1 10:00:00 95, when",
	"From Mon Jan 1 10:00:00 to 95",
	"From Mon Jan 1 at 10:00 95",
	"From Mon Jan 1 95 people came at 10:00",
	"From Mon, 1 Jan 95 10:00 on",
	"From Mon, 1 Jan 95 10:00 11:00",
	"From Mon Jan 1 10:00 100 were here.",
	"From Mon Jan 1 10:00 24 12",
	"From Mon Jan 1 10:00 24 remotely",

	/* cut off */
	"From a@b Mon",
	"From a@b Mon Jan",
	"From a@b Mon Jan  1",
	"From a@b Mon Jan  1 00:00:00",
	"From a@b Mon Jan  1 00:00:00 202",
	"From a@b Mon Jan  1 2024",
	"From a@b Mon, 1 Jan 2024",

	/* no such time */
	"From a@b Mon Jan  1 24:00:00 2024",
	"From a@b Mon Jan  1 00:60:00 2024",
	"From a@b Mon Jan  1 00:00:61 2024",
	"From a@b Mon Jan  1 000:00 2024",
	"From a@b Mon Jan  1 :00 2024",
	"From a@b Mon Jan  1 00: 2024",
	"From a@b Mon Jan  1 00:0 2024",
	"From a@b Mon Jan  1 00:00: 2024",
	"From a@b Mon Jan  1 00:00:0 2024",
	"From a@b Mon Jan  1 00:00:00: 2024",
	"From a@b Mon Jan  1 00:00:00:00 2024",
	"From a@b Mon Jan  1 0000 2024",
	"From a@b Mon Jan  1 -1:00 2024",
	"From a@b Mon Jan  1 00.00.00 2024",

	/* no such day */
	"From a@b Mon Jan  0 00:00:00 2024",
	"From a@b Mon Jan 32 00:00:00 2024",
	"From a@b Mon Jan 001 00:00:00 2024",
	"From a@b Mon Jan +1 00:00:00 2024",
	"From a@b Mon Jan x 00:00:00 2024",
	"From a@b Mon Foo  1 00:00:00 2024",
	"From a@b Foo Jan  1 00:00:00 2024",
	"From a@b mon Jan  1 00:00:00 2024",
	"From a@b Mon jan  1 00:00:00 2024",
	"From a@b Mon January 1 00:00:00 2024",
	"From a@b Jan  1 00:00:00 2024",
	"From a@b unM nJa  1 00:00:00 2024",
	"From a@b onT anF  1 00:00:00 2024",

	/* no such year */
	"From a@b Mon Jan  1 00:00:00 1899",
	"From a@b Mon Jan  1 00:00:00 4",
	"From a@b Mon Jan  1 00:00:00 099",
	"From a@b Mon Jan  1 00:00:00 200",
	"From a@b Mon Jan  1 00:00:00 02024",
	"From a@b Mon Jan  1 00:00:00 19099",
	"From a@b Mon Jan  1 00:00:00 19200",
	"From a@b Mon Jan  1 00:00:00 10000",
	"From a@b Mon Jan  1 00:00:00 2024.",

	/* more than a zone between */
	"From a@b Mon Jan  1 00:00:00 a b c 2024",
	"From a@b Mon Jan  1 a b c 00:00:00 2024",
};

/* Puts the line at the end of a heap buffer, where reading past it shows. */
static bool
is_from(const char *line, size_t length)
{
	char *copy = malloc(length + 1);
	bool found;

	if (copy == NULL)
		abort();
	memcpy(copy + 1, line, length);
	found = mbox_from_date(copy + 1, length) != 0;
	free(copy);
	return found;
}

static void
check_lines(const char *sentence, const char *const *lines, size_t count,
    bool wanted, const char *line_end)
{
	char whole[300], text[SHOWN];

	check_begin(sentence);
	for (size_t i = 0; i < count; i++) {
		snprintf(whole, sizeof(whole), "%s%s", lines[i], line_end);
		check_that(is_from(whole, strlen(whole)) == wanted, "\"%s\"",
		    check_show(text, sizeof(text), whole, strlen(whole)));
	}
	check_end();
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
check_all(const char *yes, const char *no, const char *line_end)
{
	check_lines(yes, from_lines, COUNT(from_lines), true, line_end);
	check_lines(no, other_lines, COUNT(other_lines), false, line_end);
}

static void
check_cut(void)
{
	static const char line[] = "From a@b Mon Jan  1 00:00:00 2024";
	static const char order[] = "From a@b Mon, 1 Jan 2024 00:00:00 +0100";

	check_begin("A From_ line is none before its time and its year end");
	for (size_t length = 0; length < sizeof(line) - 1; length++) {
		/* "20" is a year, too */
		bool wanted = length == sizeof(line) - 3;

		check_that(is_from(line, length) == wanted, "%.*s",
		    (int)length, line);
	}
	for (size_t length = 0; length < sizeof(order) - 1; length++) {
		bool wanted = length == strlen("From a@b Mon, 1 Jan 2024 00:00")
		    || length >= strlen("From a@b Mon, 1 Jan 2024 00:00:00");

		check_that(is_from(order, length) == wanted, "%.*s",
		    (int)length, order);
	}
	check_end();
}

/* Dates are compared: a year is the same however it is written. */
static void
check_dates(void)
{
	static const struct {
		const char *line;
		uint64_t date;
	} dates[] = {
		{ "From a Mon Jan  1 10:20:30 2024", 20240101102030 },
		{ "From a Mon, 1 Jan 2024 10:20 CET", 20240101102000 },
		{ "From a Mon Jan 1 2024 10:20:30-0700", 20240101102030 },
		{ "From a Wed Dec 31 19:00:05 1969", 19691231190005 },
		{ "From a Fri Jun 23 02:56:55 70", 19700623025655 },
		{ "From a Fri Jun 23 02:56:55 99", 19990623025655 },
		{ "From a Fri Jun 23 02:56:55 00", 20000623025655 },
		{ "From a Fri Jun 23 02:56:55 69", 20690623025655 },
		{ "From a Sat Jan  1 00:00:00 100", 20000101000000 },
		{ "From a Sat Jan  1 00:00:00 124", 20240101000000 },
		{ "From a Sat Jan  1 00:00:00 19100", 20000101000000 },
		{ "From a Sat Jan  1 00:00:00 19124", 20240101000000 },
		{ "From a Sat, 1 Jan 95 00:00:00 GMT", 19950101000000 },
	};

	check_begin("The date of a From_ line is told, whatever its form");
	for (size_t i = 0; i < COUNT(dates); i++)
		check_that(mbox_from_date(dates[i].line,
		    strlen(dates[i].line)) == dates[i].date, "%s",
		    dates[i].line);
	check_end();
}

static void
check_nul(void)
{
	static const char in_sender[] = "From a\0b Mon Jan  1 00:00:00 2024\n";
	static const char in_date[] = "From ab Mon\0Jan  1 00:00:00 2024\n";

	check(is_from(in_sender, sizeof(in_sender) - 1),
	    "A NUL in the sender does not matter");
	check(!is_from(in_date, sizeof(in_date) - 1),
	    "A NUL is no blank in the date");
}

/* Each octet of a From_ line replaced by each other one: nothing to compare
 * with, but the sanitizers watch. */
static void
check_any_octet(void)
{
	char line[] = "From a Mon Jan  1 00:00:00 2024\n";
	size_t from = 0;

	for (size_t i = 0; i < sizeof(line) - 1; i++) {
		char was = line[i];

		for (int octet = 0; octet < 256; octet++) {
			line[i] = (char)octet;
			from += is_from(line, sizeof(line) - 1);
		}
		line[i] = was;
	}
	check(from > 0, "Any octet in any place of a From_ line is survived");
}

int
main(void)
{
	check_all("From_ lines are known without a line end",
	    "Lines that are none are known without a line end", "");
	check_all("From_ lines are known with LF",
	    "Lines that are none are known with LF", "\n");
	check_all("From_ lines are known with CRLF",
	    "Lines that are none are known with CRLF", "\r\n");
	check_cut();
	check_dates();
	check_nul();
	check_any_octet();
	return check_status();
}
