/* The system's accounts: NSS passwd and shadow. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pwd.h>
#include <shadow.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "auth/hashed.h"
#include "auth/passwd.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"

/* A passwd or shadow line longer than the maximum is an error (ERANGE). Most
 * fit the minimum, and what is not touched need not be wiped. */
#define LINE_MIN ((size_t)1024)
#define LINE_MAX_SIZE ((size_t)65536)
#define DAY_SECONDS 86400
#define ACCOUNTS_MAX (64 << 20)

/* shadow(5): counts are days since 1970, and nothing is -1. */
static enum auth_reason
fault_of(const struct spwd *shadow)
{
	long today = (long)(time(NULL) / DAY_SECONDS);

	if (shadow->sp_expire >= 0 && today >= shadow->sp_expire)
		return AUTH_EXPIRED;
	return shadow->sp_lstchg == 0 || (shadow->sp_lstchg > 0 &&
	    shadow->sp_max >= 0 && today - shadow->sp_lstchg > shadow->sp_max)
	    ? AUTH_MUST_CHANGE : AUTH_NO_REASON;
}

static enum auth_lookup
judge(const struct passwd *found, int error, const struct spwd *shadowed,
    int shadow_error, struct auth_entry *entry)
{
	if (shadow_error != 0 && shadowed == NULL &&
	    passwd_verdict(shadow_error, "shadow") == AUTH_FAILED)
		return AUTH_FAILED;
	if (found == NULL)
		return passwd_verdict(error, "passwd");
	auth_entry_fill(entry, found->pw_name,
	    shadowed != NULL ? shadowed->sp_pwdp : found->pw_passwd,
	    found->pw_uid, found->pw_gid, found->pw_dir);
	if (shadowed != NULL)
		entry->fault = fault_of(shadowed);
	return AUTH_FOUND;
}

/* Both lines in buffers of `size`; whether there should be larger ones. */
static bool
lookup(const char *name, char *buffer, size_t size, struct auth_entry *entry,
    enum auth_lookup *result)
{
	struct passwd passwd, *found;
	struct spwd shadow, *shadowed;
	int error = getpwnam_r(name, &passwd, buffer, size, &found);
	int shadow_error = getspnam_r(name, &shadow, buffer + size, size,
	    &shadowed);

	if ((error == ERANGE || shadow_error == ERANGE) &&
	    size < LINE_MAX_SIZE)
		return true;
	*result = judge(found, error, shadowed, shadow_error, entry);
	return false;
}

/* The same, in a buffer of its own. */
static bool
lookup_within(const char *name, size_t size, struct auth_entry *entry,
    enum auth_lookup *result)
{
	char *buffer = malloc(2 * size);
	bool is_short;

	if (buffer == NULL) {
		log_note(LOG_ERR, "cannot look up accounts: out of memory");
		return false;
	}
	is_short = lookup(name, buffer, size, entry, result);
	text_wipe(buffer, 2 * size);
	free(buffer);
	return is_short;
}

/* The same look-ups are made whether the name is known or not. */
static enum auth_lookup
system_lookup(const void *source, const char *name, struct auth_entry *entry)
{
	enum auth_lookup result = AUTH_FAILED;
	size_t size = LINE_MIN;

	(void)source;
	/* What the C library frees meanwhile held the lines of others, too:
	 * it is overwritten. */
	mallopt(M_PERTURB, 0xff);
	while (lookup_within(name, size, entry, &result))
		size *= 4;
	mallopt(M_PERTURB, 0);
	return result;
}

static void
add_kinds(struct password_kinds *kinds, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t length;
	char *lines;

	if (fd == -1)
		return;
	lines = fd_read_file(fd, ACCOUNTS_MAX, &length);
	close(fd);
	if (lines == NULL)
		return;
	password_kinds_add(kinds, lines);
	text_wipe(lines, length);
	free(lines);
}

/* /etc/passwd if /etc/shadow has none. What NSS has elsewhere cannot be
 * listed. */
static void
system_kinds(const void *source, struct password_kinds *kinds)
{
	(void)source;
	add_kinds(kinds, SHADOW);
	if (kinds->count == 0)
		add_kinds(kinds, "/etc/passwd");
}

static const struct hashed_source hashed = {
	system_lookup, system_kinds
};

static enum auth_status
system_ask(const void *source, const struct auth_request *request,
    struct auth_account *account, enum auth_reason *reason)
{
	return hashed_ask(&hashed, source, request, account, reason);
}

static enum auth_lookup
system_find(const void *source, const struct auth_request *request,
    struct auth_account *account, enum auth_reason *reason)
{
	return hashed_find(&hashed, source, request, account, reason);
}

static void
system_close(void *source)
{
	(void)source;
}

const struct auth_source auth_system = {
	.word = "system",
	.uses_system_names = true,
	.secrets = SHADOW,
	.ask = system_ask,
	.find = system_find,
	.touch = passwd_touch,
	.close = system_close,
};
