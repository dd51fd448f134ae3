#include "auth/hashed.h"

#include <string.h>

#include "auth/hash_slot.h"
#include "base/log.h"
#include "base/text.h"

void
auth_entry_fill(struct auth_entry *entry, const char *name, const char *hash,
    uid_t uid, gid_t gid, const char *home)
{
	bool fits = auth_account_fill(&entry->account, name, uid, gid, home);

	entry->fault = AUTH_NO_REASON;
	fits &= auth_copy(entry->hash, sizeof(entry->hash), hash);
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
 * others have. False after a log line. */
static bool
spend(const struct hashed_source *hashed, const void *source,
    const char *password, const char *hash)
{
	struct password_kinds kinds;
	bool done = find_kinds(hashed, source, &kinds);

	if (done)
		password_spend(password, hash, &kinds);
	text_wipe(&kinds, sizeof(kinds));
	return done;
}

/* What keeps out of the account who has the right password. */
static enum auth_reason
reason_of(const struct auth_request *request, const struct auth_entry *entry)
{
	enum auth_reason reason = auth_policy_reason(request->policy,
	    &entry->account);

	if (password_is_locked(entry->hash))
		return AUTH_LOCKED;
	return entry->fault != AUTH_NO_REASON ? entry->fault : reason;
}

/* Whether the account may log in with this password. Who may not has cost the
 * same in any case. */
static enum auth_status
check_password(const struct hashed_source *hashed, const void *source,
    const struct auth_request *request, const struct auth_entry *entry,
    enum auth_reason *reason)
{
	struct hash_slot slot;
	bool done = true;

	if (!hash_slot_take(&slot, request->policy->state, 1))
		return AUTH_TEMPORARY;
	*reason = password_matches(request->password, entry->hash)
	    ? reason_of(request, entry) : password_is_unusable(entry->hash)
	    ? AUTH_UNUSABLE_HASH : AUTH_WRONG;
	if (*reason != AUTH_NO_REASON)
		done = spend(hashed, source, request->password, entry->hash);
	hash_slot_drop(&slot);
	if (!done)
		return AUTH_TEMPORARY;
	return *reason == AUTH_NO_REASON ? AUTH_OK : AUTH_REFUSED;
}

/* By the name as it was given, or else in lower case: both are looked up,
 * whether the first is known or not. */
static enum auth_lookup
look_up(const struct hashed_source *hashed, const void *source,
    const struct auth_names *names, struct auth_entry *entry)
{
	enum auth_lookup given = hashed->lookup(source, names->given, entry);
	struct auth_entry other = { 0 };
	enum auth_lookup lower;

	if (strcmp(names->given, names->lower) == 0)
		return given;
	lower = hashed->lookup(source, names->lower, &other);
	if (given == AUTH_UNKNOWN) {
		*entry = other;
		given = lower;
	}
	text_wipe(&other, sizeof(other));
	return given;
}

enum auth_status
hashed_ask(const struct hashed_source *hashed, const void *source,
    const struct auth_request *request, struct auth_account *account,
    enum auth_reason *reason)
{
	struct auth_entry entry = { 0 };
	enum auth_lookup lookup = look_up(hashed, source, request->names,
	    &entry);
	enum auth_status status = check_password(hashed, source, request,
	    &entry, reason);

	if (lookup == AUTH_FAILED)
		status = AUTH_TEMPORARY;
	if (status == AUTH_OK)
		*account = entry.account;
	text_wipe(&entry, sizeof(entry));
	return status;
}

enum auth_lookup
hashed_find(const struct hashed_source *hashed, const void *source,
    const struct auth_request *request, struct auth_account *account,
    enum auth_reason *reason)
{
	struct auth_entry entry = { 0 };
	enum auth_lookup lookup = look_up(hashed, source, request->names,
	    &entry);

	*account = entry.account;
	*reason = reason_of(request, &entry);
	if (*reason == AUTH_NO_REASON && !password_is_usable(entry.hash))
		*reason = AUTH_UNUSABLE_HASH;
	text_wipe(&entry, sizeof(entry));
	return lookup;
}
