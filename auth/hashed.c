#include "auth/hashed.h"

#include <string.h>

#include "auth/hash_slot.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "base/text.h"

static bool
copy(char *to, size_t size, const char *from)
{
	struct strbuf text = strbuf_init(to, size);

	strbuf_add(&text, from, strlen(from));
	return !text.truncated;
}

void
auth_entry_fill(struct auth_entry *entry, const char *name, const char *hash,
    uid_t uid, gid_t gid, const char *home)
{
	struct auth_account *account = &entry->account;
	bool fits = copy(account->name, sizeof(account->name), name);

	account->uid = uid;
	account->gid = gid;
	entry->expired = false;
	fits &= copy(account->home, sizeof(account->home), home);
	fits &= copy(entry->hash, sizeof(entry->hash), hash);
	if (!fits)
		text_wipe(entry->hash, sizeof(entry->hash));
}

/* One hash of each kind that accounts have; false after a log line. */
static bool
find_kinds(const struct hashed_source *hashed, const void *source,
    struct password_kinds *kinds)
{
	kinds->count = 0;
	kinds->by_magnitude = false;
	hashed->kinds(source, kinds);
	if (kinds->count > 0 || password_kinds_add_default(kinds))
		return true;
	log_note(LOG_ERR, "cannot check passwords: crypt(3) makes no "
	    "hash of any kind");
	return false;
}

/* The rest of what a refusal costs: whoever is let in has no need to know what
 * others have. */
static enum auth_status
refuse(const struct hashed_source *hashed, const void *source,
    const char *password, const char *hash)
{
	struct password_kinds kinds;
	bool done = find_kinds(hashed, source, &kinds);

	if (done)
		password_spend(password, hash, &kinds);
	text_wipe(&kinds, sizeof(kinds));
	return done ? AUTH_REFUSED : AUTH_TEMPORARY;
}

/* Whether the account may log in with this password. Who may not has cost the
 * same in any case. */
static enum auth_status
check_password(const struct hashed_source *hashed, const void *source,
    const struct auth_request *request, const struct auth_entry *entry,
    bool may_log_in)
{
	struct hash_slot slot;
	enum auth_status status = AUTH_OK;

	if (!hash_slot_take(&slot, request->policy->state))
		return AUTH_TEMPORARY;
	if (!password_matches(request->password, entry->hash) || !may_log_in)
		status = refuse(hashed, source, request->password,
		    entry->hash);
	hash_slot_drop(&slot);
	return status;
}

enum auth_status
hashed_ask(const struct hashed_source *hashed, const void *source,
    const struct auth_request *request, struct auth_account *account)
{
	struct auth_entry entry = { 0 };
	enum auth_lookup lookup = hashed->lookup(source, request->name,
	    &entry);
	enum auth_status status = check_password(hashed, source, request,
	    &entry, lookup == AUTH_FOUND && !entry.expired &&
	    auth_policy_allows(request->policy, &entry.account));

	if (lookup == AUTH_FAILED)
		status = AUTH_TEMPORARY;
	if (status == AUTH_OK)
		*account = entry.account;
	text_wipe(&entry, sizeof(entry));
	return status;
}
