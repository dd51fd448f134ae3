#include "auth.h"

#include <stdlib.h>
#include <string.h>

#include "auth/file.h"
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

enum auth_status
auth_check(const struct auth *auth, const char *name, const char *password,
    struct auth_account *account)
{
	/* What cannot be a name is looked up as one that nobody has. */
	const char *wanted = is_account_name(name) ? name : ":";
	enum auth_status status = AUTH_REFUSED;
	char decoy[PASSWORD_HASH_SIZE];
	struct auth_entry entry = { 0 };
	enum auth_lookup lookup;
	bool matches;

	if (!password_decoy(decoy)) {
		log_note(LOG_ERR, "crypt makes no hashes here");
		return AUTH_TEMPORARY;
	}
	lookup = auth->file == NULL ? system_lookup(wanted, &entry)
	    : accounts_file_lookup(auth->file, wanted, &entry);
	/* The empty hash of an unknown name costs a decoy's work. */
	matches = password_matches(password, entry.hash, decoy);
	if (lookup == AUTH_FAILED)
		status = AUTH_TEMPORARY;
	else if (lookup == AUTH_FOUND && matches &&
	    is_served(&auth->policy, &entry)) {
		*account = entry.account;
		status = AUTH_OK;
	}
	text_wipe(&entry, sizeof(entry));
	return status;
}
