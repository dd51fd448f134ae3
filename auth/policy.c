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

enum auth_reason
auth_policy_reason(const struct auth_policy *policy,
    const struct auth_account *account)
{
	uid_t uid = account->uid;

	if (!auth_is_name(account->name))
		return AUTH_WRONG;
	if (uid == 0 || uid < policy->uid_min)
		return AUTH_UID_TOO_LOW;
	if (policy->only_own_uid)
		return uid == policy->own_uid ? AUTH_NO_REASON
		    : AUTH_NOT_THIS_UID;
	return uid >= policy->reserved_uid_first &&
	    uid <= policy->reserved_uid_last ? AUTH_UID_RESERVED
	    : AUTH_NO_REASON;
}

const char *
auth_reason_word(enum auth_reason reason)
{
	static const char *const words[] = {
		[AUTH_WRONG] = "auth",
		[AUTH_EXPIRED] = "expired",
		[AUTH_MUST_CHANGE] = "must-change",
		[AUTH_LOCKED] = "locked",
		[AUTH_UID_TOO_LOW] = "uid-too-low",
		[AUTH_UID_RESERVED] = "uid-reserved",
		[AUTH_NOT_THIS_UID] = "not-this-uid",
		[AUTH_DENIED] = "denied",
		[AUTH_UNUSABLE_HASH] = "unusable-hash",
	};

	return reason == AUTH_NO_REASON ? "-" : words[reason];
}
