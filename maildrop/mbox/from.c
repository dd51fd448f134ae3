#include "maildrop/mbox/from.h"

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

/* Which of `names`, of three letters each, the word is, from 1; 0 if none. */
static uint64_t
which_of(struct word word, const char *names)
{
	if (word.length != 3)
		return 0;
	for (const char *name = names; *name != '\0'; name += 3)
		if (memcmp(word.at, name, 3) == 0)
			return (uint64_t)(name - names) / 3 + 1;
	return 0;
}

static bool
is_weekday(struct word word)
{
	if (word.length == 4 && word.at[3] == ',')
		word.length = 3;
	return which_of(word, "SunMonTueWedThuFriSat") != 0;
}

static uint64_t
month_of(struct word word)
{
	return which_of(word, "JanFebMarAprMayJunJulAugSepOctNovDec");
}

static bool
take_number(struct word word, uint64_t lowest, uint64_t highest,
    uint64_t *number)
{
	return text_number(word.at, word.length, highest, number) &&
	    *number >= lowest;
}

/* The word up to the zone that some exports glue to the time: "+0100". */
static struct word
without_zone(struct word word)
{
	uint64_t zone;

	if (word.length > 5 && (word.at[word.length - 5] == '+' ||
	    word.at[word.length - 5] == '-') &&
	    text_number(word.at + word.length - 4, 4, 9999, &zone))
		word.length -= 5;
	return word;
}

/* h:mm or hh:mm, perhaps with :ss (which can be 60), as the number hhmmss. */
static bool
take_time(struct word word, uint64_t *time)
{
	const char *colon;
	struct word hours;
	uint64_t hour, minute, second = 0;

	word = hours = without_zone(word);
	colon = memchr(word.at, ':', word.length);
	if (colon == NULL)
		return false;
	hours.length = (size_t)(colon - word.at);
	word.length -= hours.length + 1;
	word.at = colon + 1;
	if (!take_number(hours, 0, 23, &hour) || hours.length > 2)
		return false;
	if (word.length == 5 && word.at[2] == ':' &&
	    take_number((struct word){ word.at + 3, 2 }, 0, 60, &second))
		word.length = 2;
	if (word.length != 2 || !take_number(word, 0, 59, &minute))
		return false;
	*time = (hour * 100 + minute) * 100 + second;
	return true;
}

static bool
take_year(struct word word, uint64_t *year)
{
	return word.length == 4 && take_number(word, 1900, 9999, year);
}

/* Two digits (mbox(5)), and what programs of before 2000 made of the years
 * since then: 100 (tm_year of struct tm), 19100 (the same, after "19"). */
static bool
take_odd_year(struct word word, uint64_t *year)
{
	if (word.length == 2 && take_number(word, 0, 99, year))
		*year += *year < 70 ? 2000 : 1900;
	else if (word.length == 3 && take_number(word, 100, 199, year))
		*year += 1900;
	else if (word.length == 5 && take_number(word, 19100, 19199, year))
		*year -= 19100 - 2000;
	else
		return false;
	return true;
}

/* "+0100", "CET", "EST5EDT", "(CET)" */
static bool
is_zone(struct word word)
{
	char first = word.at[0];

	if (word.length > 9)
		return false;
	if (first == '(')
		return word.at[word.length - 1] == ')';
	if (first == '+' || first == '-')
		return word.length == 5;
	for (size_t i = 0; i < word.length; i++)
		if ((word.at[i] < 'A' || word.at[i] > 'Z') &&
		    (i == 0 || word.at[i] < '0' || word.at[i] > '9'))
			return false;
	return true;
}

/* Whether a time and a year stand among the next words; zones are of many
 * kinds and stand before the year, after it, or nowhere. */
static bool
take_time_and_year(struct word word, const char *end, uint64_t *time,
    uint64_t *year)
{
	bool has_time = false, has_year = false;

	for (int i = 0; i < 4 && word.length > 0; i++) {
		has_time |= take_time(word, time);
		has_year |= take_year(word, year);
		word = word_after(word, end);
	}
	return has_time && has_year;
}

/* The same with an odd year. It could be any number in a text, so nothing but
 * one time, one year and zones may follow, and "remote from". */
static bool
take_time_and_odd_year(struct word word, const char *end, uint64_t *time,
    uint64_t *year)
{
	bool has_time = false, has_year = false;

	for (; word.length > 0; word = word_after(word, end)) {
		if (has_time && has_year && word.length == 6 &&
		    memcmp(word.at, "remote", 6) == 0)
			break;
		if (!has_time && take_time(word, time))
			has_time = true;
		else if (!has_year && take_odd_year(word, year))
			has_year = true;
		else if (!is_zone(word))
			return false;
	}
	return has_time && has_year;
}

/* The date that begins with this word: "Mon Jan  1" or "Mon, 1 Jan", then a
 * time and a year; 0 if there is none. */
static uint64_t
date_at(struct word weekday, const char *end)
{
	struct word first, second, third, day_word;
	uint64_t month, day, time = 0, year = 0;

	if (!is_weekday(weekday))
		return 0;
	first = word_after(weekday, end);
	second = word_after(first, end);
	third = word_after(second, end);
	day_word = second;
	month = month_of(first);
	if (month == 0) {
		day_word = first;
		month = month_of(second);
	}
	if (month == 0 || !take_number(day_word, 1, 31, &day) ||
	    day_word.length > 2)
		return 0;
	if (!take_time_and_year(third, end, &time, &year) &&
	    !take_time_and_odd_year(third, end, &time, &year))
		return 0;
	return ((year * 100 + month) * 100 + day) * 1000000 + time;
}

uint64_t
mbox_from_date(const char *line, size_t length)
{
	const char *end = line + length;
	struct word word;
	uint64_t date = 0;

	if (length < 5 || memcmp(line, "From ", 5) != 0)
		return 0;
	for (word = word_at(line + 5, end); date == 0 && word.length > 0;
	    word = word_after(word, end))
		date = date_at(word, end);
	return date;
}
