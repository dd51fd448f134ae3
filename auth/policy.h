/* Who may log in, whatever the source of accounts says (pure). */
#ifndef AUTH_POLICY_H
#define AUTH_POLICY_H

#include <stdbool.h>
#include <sys/types.h>

#include "auth/account.h"
#include "base/options.h"

/* Root never may. */
struct auth_policy {
	uid_t uid_min;			/* the lowest that may, */
	uid_t reserved_uid_first, reserved_uid_last;	/* but for those of
							   services */
	bool only_own_uid;		/* own_uid alone may */
	uid_t own_uid;
	const struct option_list *domains;	/* names.h */
	const char *state;		/* the state directory, where processes
					   agree who hashes; not copied */
};

/* Why the account may not log in, or AUTH_NO_REASON. */
enum auth_reason auth_policy_reason(const struct auth_policy *,
    const struct auth_account *);

/* Whether it can be a name: it goes into paths and logs, and must not lead
 * anywhere there. */
bool auth_is_name(const char *);

#endif
