/*
 * Lines in many octets at once, in each of the ways there are, against a
 * reading that takes one octet after the other.
 */
#define LINES_ALL_WAYS
#include "base/lines.c"

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/check.h"

#define TEXT_MAX 400
#define ROUNDS 200000

struct text {
	char at[TEXT_MAX];
	size_t length;
};

/* --- the naive reading --------------------------------------------------- */

static bool
begins_line(const struct text *text, size_t i)
{
	return i == 0 || text->at[i - 1] == '\n';
}

/* Whether the line before `i`, which begins one, is among the octets, and
 * empty. Before the first octet there may have been CR or anything. */
static bool
follows_empty(const struct text *text, size_t i)
{
	if (i >= 1 && begins_line(text, i - 1))
		return true;
	return i >= 2 && text->at[i - 2] == '\r' && begins_line(text, i - 2);
}

static size_t
naive_bare(const struct text *text, size_t end)
{
	size_t bare = 0;

	for (size_t i = 0; i < end; i++)
		bare += text->at[i] == '\n' &&
		    (i == 0 || text->at[i - 1] != '\r');
	return bare;
}

static size_t
naive_until_after_empty(const struct text *text, char octet)
{
	for (size_t i = 0; i < text->length; i++)
		if (text->at[i] == octet && begins_line(text, i) &&
		    follows_empty(text, i))
			return i;
	return text->length;
}

static size_t
naive_until_start(const struct text *text, const bool set[256])
{
	for (size_t i = 0; i < text->length; i++)
		if (begins_line(text, i) && set[(unsigned char)text->at[i]])
			return i;
	return text->length;
}

static size_t
naive_to_wire(const struct text *text, char *to)
{
	char *end = to;

	for (size_t i = 0; i < text->length; i++) {
		if (text->at[i] == '.' && begins_line(text, i))
			*end++ = '.';
		if (text->at[i] == '\n' && (i == 0 || text->at[i - 1] != '\r'))
			*end++ = '\r';
		*end++ = text->at[i];
	}
	return (size_t)(end - to);
}

/* --- the ways ------------------------------------------------------------ */

struct way {
	const char *name;
	size_t (*until_after_empty)(const char *, size_t, char, size_t *);
	size_t (*until_start)(const char *, size_t, const bool[256], size_t *);
	size_t (*to_wire)(struct lines_wire *, char *, const char *, size_t);
};

/* Here, too, where it is not what is used. */
#ifdef __x86_64__
LOOPS(portable)
#endif

#define WAY(kind) { #kind, until_after_empty_##kind, until_start_##kind, \
	to_wire_##kind }

static const struct way ways[] = {
	WAY(portable),
#ifdef __x86_64__
	WAY(sse2),
	WAY(avx2),
#endif
};

static bool
is_there(const struct way *way)
{
	return strcmp(way->name, "avx2") != 0 || processor_has_avx2();
}

/* Text of few octets, in a heap buffer of its own length. */
static char *
make(struct text *text, struct dice *dice)
{
	static const char octets[] = "\n\n\n\r.Fx";
	size_t plain = dice_roll(dice, 40);
	char *copy;

	text->length = dice_roll(dice, TEXT_MAX);
	for (size_t i = 0; i < text->length; i++)
		text->at[i] = dice_roll(dice, 40) < plain ? 'a'
		    : octets[dice_roll(dice, sizeof(octets) - 1)];
	copy = malloc(text->length + 1);
	if (copy == NULL)
		abort();
	memcpy(copy, text->at, text->length);
	return copy;
}

/* In two pieces, cut at `cut`. */
static void
check_wire(const struct way *way, const struct text *text, const char *at,
    size_t cut)
{
	char wanted[2 * TEXT_MAX], found[2 * TEXT_MAX + LINES_SLACK];
	size_t length = naive_to_wire(text, wanted), got;
	struct lines_wire wire = lines_wire();

	got = way->to_wire(&wire, found, at, cut);
	got += way->to_wire(&wire, found + got, at + cut, text->length - cut);
	check_that(got == length && memcmp(found, wanted, length) == 0,
	    "%zu octets for the wire cut at %zu, wanted %zu", got, cut,
	    length);
	check_that(lines_wire_is_open(&wire) ==
	    !begins_line(text, text->length), "whether a line is open");
}

static void
check_way(const struct way *way, const struct text *text, const char *at,
    const bool set[256])
{
	size_t bare = 0, end = naive_until_after_empty(text, 'F');

	check_same(way->until_after_empty(at, text->length, 'F', &bare), end,
	    "after an empty line");
	check_same(bare, naive_bare(text, end), "bare LFs before it");
	bare = 0;
	end = naive_until_start(text, set);
	check_same(way->until_start(at, text->length, set, &bare), end,
	    "a line's start");
	check_same(bare, naive_bare(text, end), "bare LFs before that");
}

static void
try(const struct way *way, struct dice *dice)
{
	static struct text text;
	char sentence[80];
	bool set[256] = { ['F'] = true, ['\r'] = true, ['x'] = true };

	snprintf(sentence, sizeof(sentence), "Random texts are read as octet "
	    "by octet (%s)", way->name);
	check_begin(sentence);
	for (int i = 0; i < ROUNDS; i++) {
		char *at = make(&text, dice);

		check_way(way, &text, at, set);
		check_wire(way, &text, at, dice_roll(dice, text.length + 1));
		free(at);
	}
	check_end();
}

int
main(void)
{
	struct dice dice = { .state = 1939 };

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (is_there(&ways[i]))
			try(&ways[i], &dice);
	return check_status();
}
