/* What login.defs(5) says: the system's own rules for accounts. */
#ifndef AUTH_LOGIN_DEFS_H
#define AUTH_LOGIN_DEFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The word after `key`, the last line that has it; false if none does, or it
 * does not fit. */
bool login_defs_word(const char *key, char *word, size_t size);

/* The same as a decimal number, or `otherwise`. */
uint64_t login_defs_number(const char *key, uint64_t otherwise);

#endif
