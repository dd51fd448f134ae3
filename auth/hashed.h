/*
 * What sources have in common that know the hashes of passwords: the work of a
 * check.
 *
 * A refusal makes one hash of each kind that accounts have, whether the name is
 * known, unknown, locked, or not to be served. A few are made at a time, over
 * all processes.
 */
#ifndef AUTH_HASHED_H
#define AUTH_HASHED_H

#include <stdbool.h>
#include <sys/types.h>

#include "auth/password.h"
#include "auth/source.h"

/* What a source says of a name. */
struct auth_entry {
	struct auth_account account;
	char hash[PASSWORD_HASH_SIZE];	/* "" where it cannot be used */
	enum auth_reason fault;		/* AUTH_EXPIRED, AUTH_MUST_CHANGE or
					   AUTH_NO_REASON */
};

struct hashed_source {
	/* Fills the entry, which the caller wipes. */
	enum auth_lookup (*lookup)(const void *source, const char *name,
	    struct auth_entry *);

	/* Adds the kinds of all hashes that can be listed. */
	void (*kinds)(const void *source, struct password_kinds *);
};

/* Fills an entry from its parts, any of which may be too long: then nobody can
 * log in with it. */
void auth_entry_fill(struct auth_entry *, const char *name, const char *hash,
    uid_t, gid_t, const char *home);

/* auth_source's ask and find. */
enum auth_status hashed_ask(const struct hashed_source *, const void *source,
    const struct auth_request *, struct auth_account *, enum auth_reason *);

enum auth_lookup hashed_find(const struct hashed_source *, const void *source,
    const struct auth_request *, struct auth_account *, enum auth_reason *);

#endif
