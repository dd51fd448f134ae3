/*
 * Checks for the unit drivers: one line each, "ok - sentence" or
 * "not ok - sentence: detail".
 *
 *	check_begin
 *	  check_that		any number of times; the first that fails counts
 *	check_end
 *	return check_status	at the end of main
 */
#ifndef TESTS_UNIT_CHECK_H
#define TESTS_UNIT_CHECK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

static struct {
	const char *sentence;
	bool failed, any_failed;
	char detail[4096];
} check_state;

static inline void
check_begin(const char *sentence)
{
	check_state.sentence = sentence;
	check_state.failed = false;
}

/* Says whether `good`, so that what depends on it can be left out. */
__attribute__((format(printf, 2, 3)))
static inline bool
check_that(bool good, const char *detail, ...)
{
	va_list arguments;

	if (good || check_state.failed)
		return good;
	check_state.failed = check_state.any_failed = true;
	va_start(arguments, detail);
	vsnprintf(check_state.detail, sizeof(check_state.detail), detail,
	    arguments);
	va_end(arguments);
	return false;
}

static inline void
check_end(void)
{
	if (check_state.failed)
		printf("not ok - %s: %s\n", check_state.sentence,
		    check_state.detail);
	else
		printf("ok - %s\n", check_state.sentence);
	fflush(stdout);
}

/* A check of one condition. */
static inline void
check(bool good, const char *sentence)
{
	check_begin(sentence);
	check_that(good, "it is not so");
	check_end();
}

/* Both numbers, if they are not the same. */
static inline bool
check_same(uint64_t found, uint64_t wanted, const char *what)
{
	return check_that(found == wanted, "%s: found %llu, wanted %llu", what,
	    (unsigned long long)found, (unsigned long long)wanted);
}

static inline int
check_status(void)
{
	return check_state.any_failed ? 1 : 0;
}

/* How often octets[0] stands there in a row. */
static inline size_t
check_run(const char *octets, size_t length)
{
	size_t run = 1;

	while (run < length && octets[run] == octets[0])
		run++;
	return run;
}

/* Octets as a C string literal would have them, for details; a long run of one
 * octet as x<number>. */
static inline const char *
check_show(char *at, size_t size, const char *octets, size_t length)
{
	size_t used = 0, run;

	for (size_t i = 0; i < length && used + 32 < size; i += run) {
		unsigned octet = (unsigned char)octets[i];
		bool plain = octet >= 0x20 && octet < 0x7f && octet != '"' &&
		    octet != '\\';
		const char *format = plain ? "%c" : octet == '\n' ? "\\n"
		    : octet == '\r' ? "\\r" : "\\%03o";

		run = check_run(octets + i, length - i);
		if (run < 16)
			run = 1;
		used += (size_t)snprintf(at + used, size - used, format,
		    octet);
		if (run > 1)
			used += (size_t)snprintf(at + used, size - used,
			    "<%zu>", run);
	}
	at[used] = '\0';
	return at;
}

/* A generator of numbers that anyone can repeat (xorshift). */
struct dice {
	uint64_t state;
};

static inline uint64_t
dice_next(struct dice *dice)
{
	dice->state ^= dice->state << 13;
	dice->state ^= dice->state >> 7;
	dice->state ^= dice->state << 17;
	return dice->state;
}

/* From 0 to sides - 1. */
static inline size_t
dice_roll(struct dice *dice, size_t sides)
{
	return (size_t)((dice_next(dice) >> 16) % sides);
}

#endif
