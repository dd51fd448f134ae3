/*
 * A source of accounts: what --accounts names. auth.c has the table of them and
 * knows none but through this.
 *
 *	open, ask any number of times, close
 */
#ifndef AUTH_SOURCE_H
#define AUTH_SOURCE_H

#include <stdbool.h>

#include "auth/account.h"
#include "auth/names.h"
#include "auth/policy.h"

struct auth_request {
	const struct auth_names *names;
	const char *password;	/* the caller's, who wipes it */
	const char *client;	/* its address */
	const struct auth_policy *policy;
};

struct auth_source {
	const char *word;	/* the value of --accounts, or how it begins if
				   that ends with a colon; NULL: any other */

	/* Names are the system's (passwd(5)), and so are their groups: only a
	 * process that can become other users can serve them. */
	bool uses_system_names;

	/* What must be readable until nobody is asked for any more, or NULL. */
	const char *secrets;

	/* Opens what the value names, or reads it from `passed`, which is then
	 * the source's, unless that is -1. False after a log line. NULL: there
	 * is nothing to open. */
	bool (*open)(const char *value, int passed, void **source);

	/* What `open` can be passed in another process. NULL: nothing. */
	int (*descriptor)(const void *source);

	/* Whether the password is right and the policy allows the account,
	 * which is filled in on AUTH_OK; on AUTH_REFUSED the reason is. A
	 * refusal costs the same work whatever that is, as far as that is
	 * ours. Leaves no copy of the password. */
	enum auth_status (*ask)(const void *source,
	    const struct auth_request *, struct auth_account *,
	    enum auth_reason *);

	/* Looks the account up without a password, for whoever looks for
	 * faults: *reason is why it may not log in, or AUTH_NO_REASON. */
	enum auth_lookup (*find)(const void *source,
	    const struct auth_request *, struct auth_account *,
	    enum auth_reason *);

	/* Loads what `ask` would load, so that children need not. Reads no
	 * secret. NULL: nothing. */
	void (*touch)(void);

	/* Wipes and frees; NULL is fine. */
	void (*close)(void *source);
};

extern const struct auth_source auth_system;	/* system.c */
extern const struct auth_source auth_pam;	/* asked.c */
extern const struct auth_source auth_saslauthd;	/* asked.c */
extern const struct auth_source auth_file;	/* file.c */

#endif
