#include "auth/account.h"

#include <string.h>

#include "base/text.h"

static bool
copy(char *to, size_t size, const char *from)
{
	struct text text = text_over(to, size);

	text_add(&text, from, strlen(from));
	return !text.cut;
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
