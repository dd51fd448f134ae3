#include "auth/policy.h"

#include <string.h>

#include "base/text.h"

bool
auth_is_name(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length < AUTH_NAME_SIZE &&
	    text_is_graphic(name, length) && strpbrk(name, "/:") == NULL &&
	    name[0] != '.' && name[0] != '-';
}

bool
auth_policy_allows(const struct auth_policy *policy,
    const struct auth_account *account)
{
	uid_t uid = account->uid;

	if (policy->only_own_uid ? uid != policy->own_uid
	    : uid >= policy->reserved_uid_first &&
	    uid <= policy->reserved_uid_last)
		return false;
	return auth_is_name(account->name) && uid != 0 &&
	    uid >= policy->uid_min;
}
