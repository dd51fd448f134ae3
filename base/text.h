/*
 * Octets as text: strict numbers, locale-free comparison, bounded append,
 * and forgetting.
 *
 * A struct text is a caller's array with a length. Appending past its end
 * keeps what fits, keeps the terminating NUL, and sets `cut`, which never
 * goes back: build the whole string, then ask once.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *at;
	size_t size;
	size_t length;
	bool cut;
};

/* An empty text over `size` octets at `at`; size is at least 1. */
struct text text_over(char *at, size_t size);

/* All append; none fails (see `cut`). Numbers are in decimal, words of 64 bits
 * in 16 hexadecimal digits: lists of many are not left to printf. */
void text_add(struct text *, const char *octets, size_t length);
void text_add_number(struct text *, uint64_t);
void text_add_hexadecimal(struct text *, uint64_t);
void text_format(struct text *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * A decimal number: digits only, at least one, nothing before or after, at
 * most `max`. Returns false otherwise and leaves *number alone.
 */
bool text_number(const char *digits, size_t length, uint64_t max,
    uint64_t *number);

/* The same for hexadecimal digits, at most 16, of either case. */
bool text_hexadecimal(const char *digits, size_t length, uint64_t *number);

/* Whether `octets` are `word`, the case of ASCII letters aside. */
bool text_is(const char *octets, size_t length, const char *word);

/* Whether every octet is in 0x21..0x7e; true for none. */
bool text_is_graphic(const char *octets, size_t length);

/* Forgets `length` octets in a way no compiler leaves out. */
void text_wipe(void *octets, size_t length);

#endif
