/* Who an account is, and what a source of accounts says of a name. */
#ifndef AUTH_ACCOUNT_H
#define AUTH_ACCOUNT_H

#include <stdbool.h>
#include <sys/types.h>

#include "auth/password.h"

#define AUTH_NAME_SIZE 65
#define AUTH_HOME_SIZE 1024

struct auth_account {
	char name[AUTH_NAME_SIZE];
	char home[AUTH_HOME_SIZE];
	uid_t uid;
	gid_t gid;
};

struct auth_entry {
	struct auth_account account;
	char hash[PASSWORD_HASH_SIZE];	/* "" where it cannot be used */
	bool expired;			/* the account, or its password */
};

enum auth_lookup {
	AUTH_FOUND,
	AUTH_UNKNOWN,
	AUTH_FAILED,		/* the source did not answer; logged */
};

/* Fills an entry from its parts, any of which may be too long: then nobody can
 * log in with it. */
void auth_entry_fill(struct auth_entry *, const char *name, const char *hash,
    uid_t, gid_t, const char *home);

#endif
