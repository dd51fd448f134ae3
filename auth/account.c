#include "auth/account.h"

#include <string.h>

#include "base/strbuf.h"

bool
auth_copy(char *to, size_t size, const char *from)
{
	struct strbuf text = strbuf_init(to, size);

	strbuf_add(&text, from, strlen(from));
	return !text.truncated;
}

bool
auth_account_fill(struct auth_account *account, const char *name, uid_t uid,
    gid_t gid, const char *home)
{
	bool fits = auth_copy(account->name, sizeof(account->name), name);

	account->uid = uid;
	account->gid = gid;
	return auth_copy(account->home, sizeof(account->home), home) && fits;
}
