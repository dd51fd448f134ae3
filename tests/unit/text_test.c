/* Strict numbers and bounded texts (base/text.h). */
#include "base/strbuf.h"
#include "base/text.h"

#include <string.h>

#include "tests/unit/check.h"

#define UNTOUCHED 77

static const struct {
	const char *digits;
	uint64_t max;
	bool good;
	uint64_t number;
} numbers[] = {
	{ "0", 0, true, 0 },
	{ "0", UINT64_MAX, true, 0 },
	{ "1", 0, false, 0 },
	{ "9", 8, false, 0 },
	{ "9", 9, true, 9 },
	{ "10", 9, false, 0 },
	{ "10", 10, true, 10 },
	{ "11", 10, false, 0 },
	{ "19", 18, false, 0 },
	{ "99", 98, false, 0 },
	{ "99", 99, true, 99 },
	{ "100", 99, false, 0 },
	{ "01", UINT64_MAX, true, 1 },
	{ "00000000000000000000000000000000000000001", 1, true, 1 },
	{ "4294967295", UINT32_MAX, true, UINT32_MAX },
	{ "4294967296", UINT32_MAX, false, 0 },
	{ "4294967297", UINT64_MAX, true, 4294967297 },
	{ "18446744073709551614", UINT64_MAX, true, UINT64_MAX - 1 },
	{ "18446744073709551615", UINT64_MAX, true, UINT64_MAX },
	{ "18446744073709551615", UINT64_MAX - 1, false, 0 },
	{ "18446744073709551616", UINT64_MAX, false, 0 },
	{ "18446744073709551620", UINT64_MAX, false, 0 },
	{ "18446744073709551617", UINT64_MAX, false, 0 },
	{ "184467440737095516150", UINT64_MAX, false, 0 },
	{ "36893488147419103232", UINT64_MAX, false, 0 },
	{ "99999999999999999999999999", UINT64_MAX, false, 0 },
	{ "", UINT64_MAX, false, 0 },
	{ "+1", UINT64_MAX, false, 0 },
	{ "-1", UINT64_MAX, false, 0 },
	{ "-0", UINT64_MAX, false, 0 },
	{ " 1", UINT64_MAX, false, 0 },
	{ "1 ", UINT64_MAX, false, 0 },
	{ "1\n", UINT64_MAX, false, 0 },
	{ "1x", UINT64_MAX, false, 0 },
	{ "x1", UINT64_MAX, false, 0 },
	{ "0x10", UINT64_MAX, false, 0 },
	{ "1.0", UINT64_MAX, false, 0 },
	{ "1e3", UINT64_MAX, false, 0 },
	{ "\xb1", UINT64_MAX, false, 0 },
};

static void
check_numbers(void)
{
	uint64_t number;

	check_begin("A number is digits alone, and at most its limit");
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const char *digits = numbers[i].digits;
		bool good;

		number = UNTOUCHED;
		good = text_number(digits, strlen(digits), numbers[i].max,
		    &number);
		check_that(good == numbers[i].good, "\"%s\" to %ju: %d",
		    digits, (uintmax_t)numbers[i].max, good);
		check_that(number == (numbers[i].good ? numbers[i].number
		    : UNTOUCHED), "\"%s\" is %ju", digits,
		    (uintmax_t)number);
	}
	check_end();

	number = UNTOUCHED;
	check(text_number("123", 2, UINT64_MAX, &number) && number == 12,
	    "What stands after the length of a number is not read");
	check(!text_number("1\0", 2, UINT64_MAX, &number) && number == 12,
	    "A NUL is no digit");
}

static void
check_small_limits(void)
{
	check_begin("Every number from 0 to 999 is right under every limit");
	for (uint64_t max = 0; max < 1000; max++)
		for (uint64_t i = 0; i < 1000; i++) {
			char digits[8];
			uint64_t number = UNTOUCHED;
			bool good;

			snprintf(digits, sizeof(digits), "%u", (unsigned)i);
			good = text_number(digits, strlen(digits), max,
			    &number);
			check_that(good == (i <= max) && number ==
			    (good ? i : UNTOUCHED), "%s to %u", digits,
			    (unsigned)max);
		}
	check_end();
}

static const struct {
	const char *digits;
	bool good;
	uint64_t number;
} hexadecimals[] = {
	{ "0", true, 0 },
	{ "9", true, 9 },
	{ "a", true, 10 },
	{ "f", true, 15 },
	{ "00ff", true, 255 },
	{ "0123456789abcdef", true, 0x0123456789abcdef },
	{ "fedcba9876543210", true, 0xfedcba9876543210 },
	{ "ffffffffffffffff", true, UINT64_MAX },
	{ "", false, 0 },
	{ "00000000000000000", false, 0 },
	{ "g", false, 0 },
	{ "G", false, 0 },
	{ "/", false, 0 },
	{ ":", false, 0 },
	{ "@", false, 0 },
	{ "`", false, 0 },
	{ "0x1", false, 0 },
	{ " 1", false, 0 },
	{ "1 ", false, 0 },
	{ "-1", false, 0 },
	{ "+1", false, 0 },
	{ "\xff", false, 0 },
};

static void
check_hexadecimals(void)
{
	uint64_t number;

	check_begin("A hexadecimal number is 1 to 16 digits alone");
	for (size_t i = 0;
	    i < sizeof(hexadecimals) / sizeof(hexadecimals[0]); i++) {
		const char *digits = hexadecimals[i].digits;
		bool good;

		number = UNTOUCHED;
		good = text_hexadecimal(digits, strlen(digits), &number);
		check_that(good == hexadecimals[i].good && number ==
		    (good ? hexadecimals[i].number : UNTOUCHED),
		    "\"%s\": %d, %jx", digits, good, (uintmax_t)number);
	}
	check_that(!text_hexadecimal("1\0", 2, &number), "a NUL");
	check_end();
}

static bool
is_text(const struct strbuf *text, const char *wanted, bool cut)
{
	return text->length == strlen(wanted) && text->truncated == cut &&
	    strcmp(text->at, wanted) == 0;
}

static void
check_add(void)
{
	char at[9];
	struct strbuf text = strbuf_init(at, 8);

	at[8] = '!';
	check(is_text(&text, "", false), "A text is empty at first");
	strbuf_add(&text, "abc", 3);
	strbuf_add(&text, "", 0);
	strbuf_add(&text, "defg", 4);
	check(is_text(&text, "abcdefg", false),
	    "A text takes one octet less than its array");
	strbuf_add(&text, "", 0);
	check(is_text(&text, "abcdefg", false),
	    "Nothing more is not too much");
	strbuf_add(&text, "h", 1);
	check(is_text(&text, "abcdefg", true), "One more octet cuts it");
	strbuf_add(&text, "", 0);
	strbuf_format(&text, "%s", "");
	check(is_text(&text, "abcdefg", true), "A cut text stays cut");
	check(at[8] == '!', "Nothing is written after the array");

	text = strbuf_init(at, 8);
	strbuf_add(&text, "abcdefghi", 9);
	check(is_text(&text, "abcdefg", true),
	    "What fits of a piece that does not fit is kept");
	text = strbuf_init(at, 1);
	strbuf_add(&text, "a", 1);
	check(is_text(&text, "", true), "A text can have no room at all");
	text = strbuf_init(at, 8);
	strbuf_add(&text, "a\0b", 3);
	check(text.length == 3 && memcmp(at, "a\0b", 4) == 0,
	    "A NUL is an octet like any other");
}

static void
check_format(void)
{
	char at[9];
	struct strbuf text = strbuf_init(at, 8);

	at[8] = '!';
	strbuf_format(&text, "%s-%d", "ab", 17);
	check(is_text(&text, "ab-17", false), "Formats are appended");
	strbuf_format(&text, "%s", "fg");
	check(is_text(&text, "ab-17fg", false),
	    "A format may fill the text to the last octet");
	strbuf_format(&text, "%s", "");
	check(is_text(&text, "ab-17fg", false),
	    "An empty format does not cut a full text");
	strbuf_format(&text, "%c", 'h');
	check(is_text(&text, "ab-17fg", true),
	    "A format of one octet more cuts it");
	text = strbuf_init(at, 8);
	strbuf_add(&text, "abcde", 5);
	strbuf_format(&text, "%d", 12345);
	check(is_text(&text, "abcde12", true), "What fits of a format is kept");
	strbuf_format(&text, "%d", 6);
	strbuf_add(&text, "x", 1);
	check(is_text(&text, "abcde12", true),
	    "Nothing is added after it was cut");
	text = strbuf_init(at, 1);
	strbuf_format(&text, "%d", 1);
	check(is_text(&text, "", true), "A format can have no room at all");
	check(at[8] == '!', "No format is written after the array");
}

static void
check_words(void)
{
	check(text_equal_nocase("ReTr", 4, "RETR") && text_equal_nocase("RETR", 4, "retr"),
	    "Words are the same in any case");
	check(!text_equal_nocase("RETR", 3, "RETR") && !text_equal_nocase("RETRX", 5, "RETR") &&
	    !text_equal_nocase("", 0, "RETR"), "A part of a word is not the word");
	check(text_equal_nocase("", 0, ""), "Nothing is the empty word");
	check(!text_equal_nocase("[", 1, "{") && !text_equal_nocase("@", 1, "`") &&
	    !text_equal_nocase("\xc4", 1, "\xe4"), "Only ASCII letters have a case");
	check(!text_equal_nocase("RET\0", 4, "RETR") && !text_equal_nocase("RETR\0", 5, "RETR"),
	    "A NUL does not end the octets");

	check(text_is_graphic("", 0) && text_is_graphic("!~", 2) &&
	    text_is_graphic("a b", 1), "Graphic is 0x21 to 0x7e");
	check_begin("Every other octet is not graphic");
	for (int octet = 0; octet < 256; octet++) {
		char text[3] = { 'a', (char)octet, 'b' };

		check_that(text_is_graphic(text, 3) ==
		    (octet >= 0x21 && octet <= 0x7e), "%#x", octet);
	}
	check_end();
}

static void
check_wipe(void)
{
	char octets[] = "secret!";

	text_wipe(octets, 6);
	check(memcmp(octets, "\0\0\0\0\0\0!", 8) == 0,
	    "What is wiped is gone, and nothing else");
}

int
main(void)
{
	check_numbers();
	check_small_limits();
	check_hexadecimals();
	check_add();
	check_format();
	check_words();
	check_wipe();
	return check_status();
}
