/* Questions and answers in saslauthd's format (auth/question.h). */
#include "auth/question.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/check.h"

static const char wanted[] = "\0\2pv\0\6secret\0\4pop3\0\0\0\x09" "192.0.2.7";
static const struct question asked = {
	{ "pv", "secret", "pop3", "", "192.0.2.7" }
};

/* On the heap, without a spare octet but the one for NUL. */
static char *
copy_of(const char *octets, size_t length)
{
	char *copy = malloc(length + 1);

	if (copy == NULL)
		abort();
	memcpy(copy, octets, length);
	return copy;
}

static enum question_status
read_copy(const char *octets, size_t length)
{
	char *copy = copy_of(octets, length);
	struct question question;
	enum question_status status = question_read(copy, length, &question);

	free(copy);
	return status;
}

static void
check_question(void)
{
	char at[QUESTION_SIZE];
	size_t length = question_write(&asked, at);
	char *copy = copy_of(at, length);
	struct question read;

	check_begin("A question is five counted parts, and read as written");
	check_that(length == sizeof(wanted) - 1 &&
	    memcmp(at, wanted, length) == 0, "other octets");
	check_that(question_read(copy, length, &read) == QUESTION_GOOD,
	    "not good");
	for (size_t i = 0; i < QUESTION_PARTS; i++)
		check_that(strcmp(read.parts[i], asked.parts[i]) == 0,
		    "part %zu is \"%s\"", i, read.parts[i]);
	check_end();
	free(copy);
}

static void
check_cuts(void)
{
	check_begin("A question cut anywhere is unfinished; more is bad");
	for (size_t i = 0; i < sizeof(wanted) - 1; i++)
		check_that(read_copy(wanted, i) == QUESTION_UNFINISHED,
		    "cut at %zu", i);
	check_that(read_copy(wanted, sizeof(wanted)) == QUESTION_BAD, "more");
	check_end();
}

static void
check_limits(void)
{
	char part[QUESTION_PART_MAX + 2], at[QUESTION_SIZE];
	struct question question = { { part, part, part, part, part } };

	memset(part, 'x', sizeof(part));
	check_begin("A part has a limit, and holds no NUL");
	part[QUESTION_PART_MAX] = '\0';
	check_same(question_write(&question, at), QUESTION_SIZE - 1, "full");
	check_that(read_copy(at, QUESTION_SIZE - 1) == QUESTION_GOOD, "full");
	part[QUESTION_PART_MAX] = 'x';
	part[QUESTION_PART_MAX + 1] = '\0';
	check_same(question_write(&question, at), 0, "too long");
	check_that(read_copy("\1\1", 2) == QUESTION_BAD, "a count of 257");
	check_that(read_copy("\xff\xff", 2) == QUESTION_BAD, "65535");
	check_that(read_copy("\0\3a\0", 4) == QUESTION_BAD, "NUL");
	check_end();
}

static void
check_answers(void)
{
	char at[ANSWER_SIZE];

	check_begin("Each answer is read as written, and cut is unfinished");
	for (int i = ANSWER_YES; i <= ANSWER_TEMPORARY; i++) {
		size_t length = answer_write((enum answer)i, at);
		enum answer answer = (enum answer)77;

		for (size_t cut = 0; cut < length; cut++)
			check_that(answer_read(at, cut, &answer) ==
			    QUESTION_UNFINISHED && (int)answer == 77,
			    "%d cut at %zu", i, cut);
		check_that(answer_read(at, length, &answer) ==
		    QUESTION_GOOD && (int)answer == i, "%d", i);
	}
	check_end();
}

static void
check_others(void)
{
	static const struct {
		const char *octets;
		size_t length;
		enum question_status status;
		enum answer answer;
	} answers[] = {
		{ "\0\3NO ", 5, QUESTION_GOOD, ANSWER_REFUSED },
		{ "\0\2NO", 4, QUESTION_GOOD, ANSWER_REFUSED },
		{ "\0\4NOT!", 6, QUESTION_GOOD, ANSWER_REFUSED },
		{ "\0\4OKAY", 6, QUESTION_GOOD, ANSWER_YES },
		{ "\0\2OKmore", 8, QUESTION_GOOD, ANSWER_YES },
		{ "\0\2ok", 4, QUESTION_BAD, ANSWER_REFUSED },
		{ "\0\1O", 3, QUESTION_BAD, ANSWER_REFUSED },
		{ "\0\0", 2, QUESTION_BAD, ANSWER_REFUSED },
		{ "\4\1", 2, QUESTION_BAD, ANSWER_REFUSED },
		{ "\4\0OK", 4, QUESTION_UNFINISHED, ANSWER_REFUSED },
	};

	check_begin("What saslauthd says, and what nobody does");
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		enum answer answer = ANSWER_REFUSED;

		check_that(answer_read(answers[i].octets, answers[i].length,
		    &answer) == answers[i].status &&
		    answer == answers[i].answer, "answer %zu", i);
	}
	check_end();
}

int
main(void)
{
	check_question();
	check_cuts();
	check_limits();
	check_answers();
	check_others();
	return check_status();
}
