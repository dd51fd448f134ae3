#include "auth.h"

#include <stdlib.h>
#include <string.h>

#include "auth/file.h"
#include "auth/hash_slot.h"
#include "auth/login_defs.h"
#include "auth/system.h"
#include "base/log.h"
#include "base/text.h"

#define UID_MIN_DEFAULT 1000
#define GID_MIN_DEFAULT 1000

struct auth {
	struct accounts_file *file;	/* NULL: the system's accounts */
	struct auth_policy policy;
};

uid_t
auth_system_uid_min(void)
{
	return (uid_t)login_defs_number("UID_MIN", UID_MIN_DEFAULT);
}

gid_t
auth_system_gid_min(void)
{
	return (gid_t)login_defs_number("GID_MIN", GID_MIN_DEFAULT);
}

struct auth *
auth_open(const char *source)
{
	struct auth *auth = calloc(1, sizeof(*auth));

	if (auth == NULL || strcmp(source, "system") == 0)
		return auth;
	auth->file = accounts_file_open(source);
	if (auth->file == NULL) {
		auth_close(auth);
		auth = NULL;
	}
	return auth;
}

void
auth_limit(struct auth *auth, const struct auth_policy *policy)
{
	auth->policy = *policy;
}

void
auth_close(struct auth *auth)
{
	if (auth == NULL)
		return;
	accounts_file_close(auth->file);
	free(auth);
}

/* A name goes into paths and logs, and must not lead anywhere there. */
static bool
is_account_name(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length < AUTH_NAME_SIZE &&
	    text_is_graphic(name, length) && strpbrk(name, "/:") == NULL &&
	    name[0] != '.' && name[0] != '-';
}

static bool
is_served(const struct auth_policy *policy, const struct auth_entry *entry)
{
	uid_t uid = entry->account.uid;

	if (policy->only_own_uid ? uid != policy->own_uid
	    : uid >= policy->services_least && uid <= policy->services_most)
		return false;
	return is_account_name(entry->account.name) && !entry->expired &&
	    uid != 0 && uid >= policy->uid_min;
}

/* One hash of each kind that accounts have; false after a log line. */
static bool
find_kinds(const struct auth *auth, struct password_kinds *kinds)
{
	kinds->count = 0;
	if (auth->file != NULL)
		accounts_file_kinds(auth->file, kinds);
	else
		system_kinds(kinds);
	if (kinds->count > 0 || password_kinds_add_default(kinds))
		return true;
	log_note(LOG_ERR, "cannot check passwords: crypt(3) makes no "
	    "hash of any kind");
	return false;
}

/* Whether the account may log in with this password. Who may not has cost the
 * same in any case. */
static enum auth_status
check_password(const struct auth *auth, const char *password,
    const struct auth_entry *entry, bool is_served)
{
	struct password_kinds kinds;
	struct hash_slot slot;
	enum auth_status status = AUTH_TEMPORARY;

	if (find_kinds(auth, &kinds) &&
	    hash_slot_take(&slot, auth->policy.state)) {
		status = password_matches(password, entry->hash) && is_served
		    ? AUTH_OK : AUTH_REFUSED;
		if (status != AUTH_OK)
			password_spend(password, entry->hash, &kinds);
		hash_slot_drop(&slot);
	}
	text_wipe(&kinds, sizeof(kinds));
	return status;
}

enum auth_status
auth_check(const struct auth *auth, const char *name, const char *password,
    struct auth_account *account)
{
	/* What cannot be a name is looked up as one that nobody has. */
	const char *wanted = is_account_name(name) ? name : ":";
	struct auth_entry entry = { 0 };
	enum auth_lookup lookup = auth->file == NULL
	    ? system_lookup(wanted, &entry)
	    : accounts_file_lookup(auth->file, wanted, &entry);
	enum auth_status status = check_password(auth, password, &entry,
	    lookup == AUTH_FOUND && is_served(&auth->policy, &entry));

	if (lookup == AUTH_FAILED)
		status = AUTH_TEMPORARY;
	if (status == AUTH_OK)
		*account = entry.account;
	text_wipe(&entry, sizeof(entry));
	return status;
}
