#include "maildrop/mbox_from.h"

#include <stdint.h>
#include <string.h>

#include "base/text.h"

struct word {
	const char *at;
	size_t length;
};

static bool
is_blank(char octet)
{
	return octet == ' ' || octet == '\t' || octet == '\r' || octet == '\n';
}

/* The word at or after `at`, of length 0 at the end of the line. */
static struct word
word_at(const char *at, const char *end)
{
	struct word word;

	while (at < end && is_blank(*at))
		at++;
	word.at = at;
	while (at < end && !is_blank(*at))
		at++;
	word.length = (size_t)(at - word.at);
	return word;
}

static struct word
word_after(struct word word, const char *end)
{
	return word_at(word.at + word.length, end);
}

/* Whether the word is one of `names`, which are three letters each. */
static bool
is_one_of(struct word word, const char *names)
{
	if (word.length != 3)
		return false;
	for (; *names != '\0'; names += 3)
		if (memcmp(word.at, names, 3) == 0)
			return true;
	return false;
}

static bool
is_weekday(struct word word)
{
	if (word.length == 4 && word.at[3] == ',')
		word.length = 3;
	return is_one_of(word, "SunMonTueWedThuFriSat");
}

static bool
is_month(struct word word)
{
	return is_one_of(word, "JanFebMarAprMayJunJulAugSepOctNovDec");
}

static bool
is_number(struct word word, uint64_t lowest, uint64_t highest)
{
	uint64_t number;

	return text_number(word.at, word.length, highest, &number) &&
	    number >= lowest;
}

/* h:mm or hh:mm, perhaps with :ss (which can be 60). */
static bool
is_time(struct word word)
{
	struct word hours = word;
	const char *colon = memchr(word.at, ':', word.length);

	if (colon == NULL)
		return false;
	hours.length = (size_t)(colon - word.at);
	word.length -= hours.length + 1;
	word.at = colon + 1;
	if (!is_number(hours, 0, 23) || hours.length > 2)
		return false;
	if (word.length == 5 && word.at[2] == ':' &&
	    is_number((struct word){ word.at + 3, 2 }, 0, 60))
		word.length = 2;
	return word.length == 2 && is_number(word, 0, 59);
}

static bool
is_year(struct word word)
{
	return word.length == 4 && is_number(word, 1970, 9999);
}

/* Whether a time and a year stand among the next words; zones are of many
 * kinds and stand before the year, after it, or nowhere. */
static bool
has_time_and_year(struct word word, const char *end)
{
	bool time = false, year = false;

	for (int i = 0; i < 4 && word.length > 0; i++) {
		time |= is_time(word);
		year |= is_year(word);
		word = word_after(word, end);
	}
	return time && year;
}

/* Whether a date begins with this word: "Mon Jan  1" or "Mon, 1 Jan", then a
 * time and a year. */
static bool
is_date(struct word weekday, const char *end)
{
	struct word first = word_after(weekday, end);
	struct word second = word_after(first, end);
	struct word day = is_month(first) ? second : first;
	struct word month = is_month(first) ? first : second;

	return is_weekday(weekday) && is_month(month) &&
	    is_number(day, 1, 31) && day.length <= 2 &&
	    has_time_and_year(word_after(second, end), end);
}

bool
mbox_is_from(const char *line, size_t length)
{
	const char *end = line + length;
	struct word word;

	if (length < 5 || memcmp(line, "From ", 5) != 0)
		return false;
	for (word = word_at(line + 5, end); word.length > 0;
	    word = word_after(word, end))
		if (is_date(word, end))
			return true;
	return false;
}
