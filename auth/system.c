#include "auth/system.h"

#include <errno.h>
#include <malloc.h>
#include <pwd.h>
#include <shadow.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/text.h"

/* A passwd or shadow line longer than this is an error (ERANGE). */
#define LINE_SIZE ((size_t)65536)
#define DAY_SECONDS 86400

/* shadow(5): counts are days since 1970, and nothing is -1. */
static bool
is_expired(const struct spwd *shadow)
{
	long today = (long)(time(NULL) / DAY_SECONDS);

	if (shadow->sp_expire >= 0 && today >= shadow->sp_expire)
		return true;
	if (shadow->sp_lstchg == 0)
		return true;	/* must be changed at the next login */
	return shadow->sp_lstchg > 0 && shadow->sp_max >= 0 &&
	    today - shadow->sp_lstchg > shadow->sp_max;
}

/* The errors with which NSS says "no such name" (getpwnam(3)). */
static enum auth_lookup
verdict(int error, const char *database)
{
	switch (error) {
	case 0:
	case ENOENT:
	case ESRCH:
		return AUTH_UNKNOWN;
	default:
		log_note(LOG_ERR, "cannot look up %s: %s", database,
		    strerror(error));
		return AUTH_FAILED;
	}
}

static enum auth_lookup
lookup(const char *name, char *buffer, struct auth_entry *entry)
{
	struct passwd passwd, *found;
	struct spwd shadow, *shadowed;
	int error = getpwnam_r(name, &passwd, buffer, LINE_SIZE, &found);
	int shadow_error = getspnam_r(name, &shadow, buffer + LINE_SIZE,
	    LINE_SIZE, &shadowed);

	if (shadow_error != 0 && shadowed == NULL &&
	    verdict(shadow_error, "shadow") == AUTH_FAILED)
		return AUTH_FAILED;
	if (found == NULL)
		return verdict(error, "passwd");
	auth_entry_fill(entry, found->pw_name,
	    shadowed != NULL ? shadowed->sp_pwdp : found->pw_passwd,
	    found->pw_uid, found->pw_gid, found->pw_dir);
	entry->expired = shadowed != NULL && is_expired(shadowed);
	return AUTH_FOUND;
}

enum auth_lookup
system_lookup(const char *name, struct auth_entry *entry)
{
	char *buffer = malloc(2 * LINE_SIZE);
	enum auth_lookup result = AUTH_FAILED;

	if (buffer == NULL) {
		log_note(LOG_ERR, "cannot look up accounts: out of memory");
		return AUTH_FAILED;
	}
	/* What the C library frees meanwhile held the lines of others, too:
	 * it is overwritten. */
	mallopt(M_PERTURB, 0xff);
	result = lookup(name, buffer, entry);
	mallopt(M_PERTURB, 0);
	text_wipe(buffer, 2 * LINE_SIZE);
	free(buffer);
	return result;
}
