#include "auth/question.h"

#include <string.h>

#include "base/count.h"

#define COUNT_OCTETS 2

/* What stands behind OK or NO. The first that fits counts: any other NO is a
 * refusal, as that of saslauthd is. */
static const struct {
	const char *text;
	enum answer answer;
} answers[] = {
	{ "OK", ANSWER_YES },
	{ "NO refused", ANSWER_REFUSED },
	{ "NO expired", ANSWER_EXPIRED },
	{ "NO must-change", ANSWER_MUST_CHANGE },
	{ "NO denied", ANSWER_DENIED },
	{ "NO temporary", ANSWER_TEMPORARY },
};

static size_t
write_part(const char *part, size_t length, char *at)
{
	at[0] = (char)(length >> 8);
	at[1] = (char)(length & 0xff);
	memcpy(at + COUNT_OCTETS, part, length);
	return COUNT_OCTETS + length;
}

static size_t
read_count(const char *octets)
{
	const unsigned char *at = (const unsigned char *)octets;

	return (size_t)at[0] << 8 | at[1];
}

size_t
question_write(const struct question *question, char *at)
{
	size_t length = 0;

	for (size_t i = 0; i < QUESTION_PARTS; i++) {
		size_t count = strlen(question->parts[i]);

		if (count > QUESTION_PART_MAX)
			return 0;
		length += write_part(question->parts[i], count, at + length);
	}
	return length;
}

/* How long the part at the start is, with its count. */
static enum question_status
measure(const char *octets, size_t length, size_t *size)
{
	size_t count;

	if (length < COUNT_OCTETS)
		return QUESTION_UNFINISHED;
	count = read_count(octets);
	if (count > QUESTION_PART_MAX)
		return QUESTION_BAD;
	if (memchr(octets + COUNT_OCTETS, '\0', length - COUNT_OCTETS < count
	    ? length - COUNT_OCTETS : count) != NULL)
		return QUESTION_BAD;
	*size = COUNT_OCTETS + count;
	return length < *size ? QUESTION_UNFINISHED : QUESTION_GOOD;
}

enum question_status
question_read(char *octets, size_t length, struct question *question)
{
	size_t starts[QUESTION_PARTS], sizes[QUESTION_PARTS], at = 0;

	for (size_t i = 0; i < QUESTION_PARTS; i++) {
		enum question_status status = measure(octets + at,
		    length - at, &sizes[i]);

		if (status != QUESTION_GOOD)
			return status;
		starts[i] = at;
		at += sizes[i];
	}
	if (at != length)
		return QUESTION_BAD;
	/* the counts are of no use any more */
	for (size_t i = 0; i < QUESTION_PARTS; i++) {
		octets[starts[i] + sizes[i]] = '\0';
		question->parts[i] = octets + starts[i] + COUNT_OCTETS;
	}
	return QUESTION_GOOD;
}

size_t
answer_write(enum answer answer, char *at)
{
	size_t i = 0;

	while (answers[i].answer != answer)
		i++;
	return write_part(answers[i].text, strlen(answers[i].text), at);
}

static bool
begins_with(const char *text, size_t length, const char *word)
{
	return length >= strlen(word) &&
	    memcmp(text, word, strlen(word)) == 0;
}

/* What an answer's text means; false if nothing. */
static bool
understand(const char *text, size_t length, enum answer *answer)
{
	if (!begins_with(text, length, "OK") &&
	    !begins_with(text, length, "NO"))
		return false;
	*answer = begins_with(text, length, "OK") ? ANSWER_YES
	    : ANSWER_REFUSED;
	for (size_t i = 0; i < COUNT(answers); i++)
		if (strlen(answers[i].text) == length &&
		    begins_with(text, length, answers[i].text))
			*answer = answers[i].answer;
	return true;
}

enum question_status
answer_read(const char *octets, size_t length, enum answer *answer)
{
	size_t count;

	if (length < COUNT_OCTETS)
		return QUESTION_UNFINISHED;
	count = read_count(octets);
	if (count > ANSWER_SIZE - COUNT_OCTETS)
		return QUESTION_BAD;
	if (length < COUNT_OCTETS + count)
		return QUESTION_UNFINISHED;
	return understand(octets + COUNT_OCTETS, count, answer) ? QUESTION_GOOD
	    : QUESTION_BAD;
}
