/*
 * Text: strict numbers, comparison without a locale, and forgetting.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A decimal number: digits only, at least one, nothing before or after, at
 * most `max`. Returns false otherwise and leaves *number alone.
 */
bool text_number(const char *digits, size_t length, uint64_t max,
    uint64_t *number);

/* Likewise for hexadecimal digits, at most 16, of either case. */
bool text_hexadecimal(const char *digits, size_t length, uint64_t *number);

/* Whether the data are `word`, the case of ASCII letters aside. */
bool text_equal_nocase(const char *data, size_t length, const char *word);

/* Whether every octet is in 0x21..0x7e; true for none. */
bool text_is_graphic(const char *data, size_t length);

/* Wipes `length` bytes in a way no compiler leaves out. */
void text_wipe(void *data, size_t length);

#endif
