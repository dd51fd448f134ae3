/* The only place that knows crypt(3). */
#ifndef AUTH_PASSWORD_H
#define AUTH_PASSWORD_H

#include <stdbool.h>

/* Room for any hash or setting of libxcrypt with its NUL. */
#define PASSWORD_HASH_SIZE 384

/*
 * Whether `password` has the hash `hash`. One crypt call's work in any case:
 * a hash that is empty, locked ('!' or '*' in front) or of a method that is
 * unknown here is refused after hashing with `decoy` instead. What crypt wrote
 * into memory is wiped.
 */
bool password_matches(const char *password, const char *hash,
    const char *decoy);

/*
 * A setting of the method and cost that new passwords get on this system
 * (ENCRYPT_METHOD and its companions in login.defs(5)), with a salt of its
 * own; libxcrypt's default where that says nothing useful. Returns false if
 * crypt cannot make one.
 */
bool password_decoy(char decoy[PASSWORD_HASH_SIZE]);

#endif
