#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "check/question.h"
#include "privilege/identity.h"

#define GROUPS_MAX 64

static void
add_groups(struct strbuf *text, const struct passwd *user)
{
	gid_t groups[GROUPS_MAX];
	int count = GROUPS_MAX;

	if (getgrouplist(user->pw_name, user->pw_gid, groups, &count) == -1)
		count = GROUPS_MAX;
	for (int i = 0; i < count; i++) {
		const struct group *group = getgrgid(groups[i]);

		strbuf_format(text, "%s%s", i == 0 ? "" : " ",
		    group != NULL ? group->gr_name : "?");
	}
}

void
check_service_user(struct check *c)
{
	const char *name = c->settings->user;
	const struct passwd *user = getpwnam(name);
	char groups[1024];
	struct strbuf text = strbuf_init(groups, sizeof(groups));

	if (identity_is_ordinary() && (user == NULL ||
	    user->pw_uid != geteuid())) {
		report_line(&c->report, REPORT_OK, NULL, "uid %lu, who started "
		    "this, is an ordinary user, and serves only that uid",
		    (unsigned long)geteuid());
		return;
	}
	if (user == NULL || user->pw_uid == 0) {
		report_line(&c->report, REPORT_FAIL, "make one, as make "
		    "install and systemd-sysusers do, or name another with "
		    "--user", "%s is %s", name, user == NULL ? "no user"
		    : "root");
		return;
	}
	add_groups(&text, user);
	report_line(&c->report, REPORT_OK, NULL, "%s, uid %lu, groups %s",
	    name, (unsigned long)user->pw_uid, groups);
}
