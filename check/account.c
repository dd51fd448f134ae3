/* An account, and the source of them. */
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/count.h"
#include "check/question.h"
#include "maildrop.h"

/* Why a login with the right password is refused, and what helps. */
static const struct {
	const char *finding, *cure;
} faults[] = {
	[AUTH_WRONG] = { "its name cannot be served",
	    "give it a name of letters and digits" },
	[AUTH_EXPIRED] = { "the account has expired",
	    "chage -E -1 NAME (chage -l NAME tells the date)" },
	[AUTH_MUST_CHANGE] = { "its password must be changed",
	    "let the user change it: passwd; or chage -M -1 NAME" },
	[AUTH_LOCKED] = { "its password is locked", "passwd -u NAME" },
	[AUTH_UID_TOO_LOW] = { "its uid is below the lowest that is served",
	    "--min-uid=UID, or another uid" },
	[AUTH_UID_RESERVED] = { "its uid is one of those of services",
	    "give it another uid" },
	[AUTH_NOT_THIS_UID] = { "only the user's own uid is served",
	    "start the server as root" },
	[AUTH_DENIED] = { "it may not log in now, or not from there",
	    "see what PAM's modules say in the log" },
	[AUTH_UNUSABLE_HASH] = { "it has no hash that crypt(3) knows",
	    "set a password: passwd NAME" },
};

static void
report_account(struct check *c, enum auth_reason reason)
{
	unsigned long uid = c->account.uid, uid_min = c->settings->uid_min;

	if (reason == AUTH_NO_REASON)
		report_line(&c->report, REPORT_OK, NULL, "%s, uid %lu, of %s",
		    c->account.name, uid, c->settings->accounts);
	else
		report_line(&c->report, REPORT_FAIL, faults[reason].cure,
		    "%s, uid %lu (%lu at least), of %s: nobody can log in, as "
		    "%s", c->account.name, uid, uid_min, c->settings->accounts,
		    faults[reason].finding);
}

void
check_account(struct check *c)
{
	enum auth_reason reason;

	if (c->auth == NULL)
		return;
	c->report.cure = "see the line of accounts";
	switch (auth_find(c->auth, c->user, &c->account, &reason)) {
	case AUTH_FOUND:
		report_account(c, reason);
		c->path = maildrop_path(c->settings->maildrop, c->account.name,
		    c->account.home);
		c->is_known = c->path != NULL;
		break;
	case AUTH_UNKNOWN:
		if (!c->report.was_answered)
			report_line(&c->report, REPORT_FAIL, "see how it is "
			    "written, and --domain", "%s has no such account",
			    c->settings->accounts);
		break;
	case AUTH_FAILED:
		break;
	}
}

/* The hashes of a file of accounts are for nobody to guess at. */
static void
check_file(struct check *c)
{
	struct stat status;

	if (!auth_uses_system_names(c->settings->accounts) &&
	    stat(c->settings->accounts, &status) == 0 &&
	    (status.st_mode & S_IROTH) != 0)
		report_line(&c->report, REPORT_WARN, "chmod 640 it, with the "
		    "service user's group", "everybody can read the hashes in "
		    "%s", c->settings->accounts);
}

/* Whether it answers, whatever it says of somebody. */
void
check_accounts(struct check *c)
{
	struct auth_account account;
	enum auth_reason reason;

	if (c->auth == NULL) {
		report_line(&c->report, REPORT_FAIL, "see the line before",
		    "%s cannot be used: nobody can log in",
		    c->settings->accounts);
		return;
	}
	check_file(c);
	c->report.cure = auth_secrets(c->settings->accounts) != NULL
	    ? "let the service user read it: put it into the group of that "
	    "file (shadow)" : "systemctl enable --now pop3-auth.socket, for "
	    "pam; or start what has that socket, and let the service user "
	    "connect to it";
	if (auth_find(c->auth, c->settings->user, &account, &reason) !=
	    AUTH_FAILED)
		report_line(&c->report, REPORT_OK, NULL, "%s answers",
		    c->settings->accounts);
}
