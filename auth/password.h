/* The only place that knows crypt(3). */
#ifndef AUTH_PASSWORD_H
#define AUTH_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

/* Room for any hash or setting of libxcrypt with its NUL. */
#define PASSWORD_HASH_SIZE 384

/* A kind is a method and a cost. Where there are more of them than this (some
 * programs draw the rounds by lot), a method and the greatest power of two in
 * the cost, of which there cannot be many. */
#define PASSWORD_COSTS_MAX 8
#define PASSWORD_KINDS_MAX 32

/* A hash or setting of each kind that accounts have, each other's. */
struct password_kinds {
	size_t count;
	bool by_magnitude;
	char hashes[PASSWORD_KINDS_MAX][PASSWORD_HASH_SIZE];
};

/* Adds those of lines of passwd(5) or shadow(5) that can be used, as many as
 * there is room for. `lines` ends with NUL; the caller wipes both. */
void password_kinds_add(struct password_kinds *, const char *lines);

/*
 * Adds the one of new passwords on this system (ENCRYPT_METHOD and its
 * companions in login.defs(5)); libxcrypt's default where that says nothing
 * useful. Returns false if crypt cannot make a setting.
 */
bool password_kinds_add_default(struct password_kinds *);

/*
 * Whether `password` has the hash `hash`, locked or not. One that is empty, or
 * of a method that is unknown here, is refused without work. What crypt wrote
 * into memory is wiped.
 *
 * A hash may have Dovecot's name of its method before it, "{SHA512-CRYPT}",
 * where crypt(3) knows it as well.
 */
bool password_matches(const char *password, const char *hash);

/* Whether there is a '!' before the hash (passwd(1), usermod(8)). */
bool password_is_locked(const char *hash);

/* Whether crypt(3) can make it of some password. */
bool password_is_usable(const char *hash);

/* Whether it shall be a hash, and crypt(3) does not know it. */
bool password_is_unusable(const char *hash);

/*
 * The work that password_matches(password, hash) has left out: both together
 * hash once in each kind, whatever `hash` is. One of a kind that is not among
 * them counts as the last.
 */
void password_spend(const char *password, const char *hash,
    const struct password_kinds *);

#endif
