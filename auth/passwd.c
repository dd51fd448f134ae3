#include "auth/passwd.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"

/* A line longer than the maximum is an error (ERANGE). */
#define LINE_MIN ((size_t)1024)
#define LINE_MAX_SIZE ((size_t)65536)

/* The errors with which NSS says "no such name" (getpwnam(3)). */
enum auth_lookup
passwd_verdict(int error, const char *database)
{
	switch (error) {
	case 0:
	case ENOENT:
	case ESRCH:
		return AUTH_UNKNOWN;
	default:
		log_note(LOG_ERR, "cannot look up accounts in %s: %s",
		    database, strerror(error));
		return AUTH_FAILED;
	}
}

/* A line in a buffer of `size`; whether there should be a larger one. */
static bool
find_within(const char *name, size_t size, struct auth_account *account,
    enum auth_lookup *result)
{
	char *buffer = malloc(size);
	struct passwd passwd, *found = NULL;
	int error = buffer == NULL ? ENOMEM
	    : getpwnam_r(name, &passwd, buffer, size, &found);
	bool is_short = error == ERANGE && size < LINE_MAX_SIZE;

	if (found == NULL && !is_short)
		*result = passwd_verdict(error, "passwd");
	else if (found != NULL)
		*result = auth_account_fill(account, found->pw_name,
		    found->pw_uid, found->pw_gid, found->pw_dir) ? AUTH_FOUND
		    : AUTH_UNKNOWN;
	free(buffer);
	return is_short;
}

enum auth_lookup
passwd_find(const char *name, struct auth_account *account)
{
	enum auth_lookup result = AUTH_FAILED;
	size_t size = LINE_MIN;

	while (find_within(name, size, account, &result))
		size *= 4;
	return result;
}

/* All modules are asked for who is nobody. */
void
passwd_touch(void)
{
	struct passwd passwd, *found;
	char line[LINE_MIN];
	gid_t group;
	int count = 1;

	getpwnam_r(":", &passwd, line, sizeof(line), &found);
	getgrouplist(":", 0, &group, &count);
	tzset();
}
