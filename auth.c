#include "auth.h"

#include <stdlib.h>
#include <string.h>

#include "auth/login_defs.h"
#include "auth/source.h"
#include "base/count.h"

#define UID_MIN_DEFAULT 1000
#define GID_MIN_DEFAULT 1000

/* The first that takes the value; the last takes any. */
static const struct auth_source *const sources[] = {
	&auth_system,
	&auth_pam,
	&auth_saslauthd,
	&auth_file,
};

struct auth {
	const struct auth_source *source;
	void *opened;
	struct auth_policy policy;
	const char *client;
};

static bool
takes(const struct auth_source *source, const char *accounts)
{
	size_t length = source->word == NULL ? 0 : strlen(source->word);

	if (length > 0 && source->word[length - 1] == ':')
		return strncmp(source->word, accounts, length) == 0;
	return length == 0 || strcmp(source->word, accounts) == 0;
}

static const struct auth_source *
source_of(const char *accounts)
{
	size_t last = COUNT(sources) - 1;

	for (size_t i = 0; i < last; i++)
		if (takes(sources[i], accounts))
			return sources[i];
	return sources[last];
}

bool
auth_uses_system_names(const char *accounts)
{
	return source_of(accounts)->uses_system_names;
}

const char *
auth_secrets(const char *accounts)
{
	return source_of(accounts)->secrets;
}

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
auth_open(const char *accounts, int passed)
{
	struct auth *auth = calloc(1, sizeof(*auth));

	if (auth == NULL)
		return NULL;
	auth->source = source_of(accounts);
	auth->client = "";
	if (auth->source->open == NULL ||
	    auth->source->open(accounts, passed, &auth->opened))
		return auth;
	auth_close(auth);
	return NULL;
}

int
auth_descriptor(const struct auth *auth)
{
	return auth->source->descriptor == NULL ? -1
	    : auth->source->descriptor(auth->opened);
}

void
auth_limit(struct auth *auth, const struct auth_policy *policy)
{
	auth->policy = *policy;
}

void
auth_meet(struct auth *auth, const char *client)
{
	auth->client = client;
}

void
auth_close(struct auth *auth)
{
	if (auth == NULL)
		return;
	auth->source->close(auth->opened);
	free(auth);
}

void
auth_touch(const struct auth *auth)
{
	if (auth->source->touch != NULL)
		auth->source->touch();
}

enum auth_status
auth_check(const struct auth *auth, const char *name, const char *password,
    struct auth_account *account, enum auth_reason *reason)
{
	struct auth_names names;
	const struct auth_request request = {
		.names = &names,
		.password = password,
		.client = auth->client,
		.policy = &auth->policy,
	};

	auth_names_of(name, auth->policy.domains, &names);
	*reason = AUTH_WRONG;
	return auth->source->ask(auth->opened, &request, account, reason);
}

enum auth_lookup
auth_find(const struct auth *auth, const char *name,
    struct auth_account *account, enum auth_reason *reason)
{
	struct auth_names names;
	const struct auth_request request = {
		.names = &names,
		.password = "",
		.policy = &auth->policy,
	};

	auth_names_of(name, auth->policy.domains, &names);
	return auth->source->find(auth->opened, &request, account, reason);
}
