/*
 * Both ends of saslauthd's format: what the helper is asked, and what the server
 * is answered, against naive readings, cut at every octet.
 *
 * An octet: which of the two. Then what is read.
 */
#include "auth/question.h"

#include "tests/fuzz/fuzz.h"

/* How long the first part is with its count; 0: it cannot be one, or not
 * yet. */
static size_t
naive_part(const unsigned char *octets, size_t length, size_t max, bool *is_bad)
{
	size_t count = length < 2 ? 0 : octets[0] * (size_t)256 + octets[1];

	if (length < 2)
		return 0;
	*is_bad |= count > max;
	for (size_t i = 2; max == QUESTION_PART_MAX && i < length &&
	    i < 2 + count; i++)
		*is_bad |= octets[i] == 0;
	return *is_bad || length < 2 + count ? 0 : 2 + count;
}

static enum question_status
naive_question(const unsigned char *octets, size_t length)
{
	bool is_bad = false;
	size_t at = 0;

	for (int i = 0; i < QUESTION_PARTS; i++) {
		size_t size = naive_part(octets + at, length - at,
		    QUESTION_PART_MAX, &is_bad);

		if (size == 0)
			return is_bad ? QUESTION_BAD : QUESTION_UNFINISHED;
		at += size;
	}
	return at == length ? QUESTION_GOOD : QUESTION_BAD;
}

/* Whatever is good is written again as it was. */
static void
check_same(const struct question *question, const char *octets, size_t length)
{
	char at[QUESTION_SIZE];

	fuzz_require(question_write(question, at) == length &&
	    memcmp(at, octets, length) == 0, "written otherwise");
}

static void
check_question(const char *octets, size_t length)
{
	enum question_status wanted = naive_question(
	    (const unsigned char *)octets, length);
	char *copy = fuzz_memory(length + 1);
	struct question question;
	enum question_status status;

	if (length > 0)
		memcpy(copy, octets, length);
	status = question_read(copy, length, &question);
	fuzz_require(status == wanted, "%d", (int)status);
	if (status == QUESTION_GOOD)
		check_same(&question, octets, length);
	else
		fuzz_require(memcmp(copy, octets, length) == 0, "changed");
	free(copy);
}

static enum question_status
naive_answer(const unsigned char *octets, size_t length, bool *is_yes)
{
	bool is_bad = false;
	size_t size = naive_part(octets, length, ANSWER_SIZE - 2, &is_bad);

	if (size == 0)
		return is_bad ? QUESTION_BAD : QUESTION_UNFINISHED;
	*is_yes = size >= 4 && octets[2] == 'O' && octets[3] == 'K';
	return *is_yes || (size >= 4 && octets[2] == 'N' && octets[3] == 'O')
	    ? QUESTION_GOOD : QUESTION_BAD;
}

static void
check_answer(const char *octets, size_t length)
{
	bool is_yes = false;
	enum question_status wanted = naive_answer(
	    (const unsigned char *)octets, length, &is_yes);
	char *copy = fuzz_memory(length);
	enum answer answer = ANSWER_TEMPORARY;
	enum question_status status;

	if (length > 0)
		memcpy(copy, octets, length);
	status = answer_read(copy, length, &answer);
	fuzz_require(status == wanted, "%d", (int)status);
	fuzz_require(status != QUESTION_GOOD || is_yes ==
	    (answer == ANSWER_YES), "%d", (int)answer);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	struct fuzz_input input = fuzz_input(octets, length);
	bool is_answer = fuzz_octet(&input) % 2 == 0;

	for (size_t cut = 0; cut <= input.length && cut < 1400; cut++) {
		if (is_answer)
			check_answer(input.at, cut);
		else
			check_question(input.at, cut);
	}
	return 0;
}
