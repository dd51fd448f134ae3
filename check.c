#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "check/options.h"
#include "check/question.h"
#include "maildrop.h"
#include "privilege/identity.h"
#include "privilege/sandbox.h"

/* As whom a question is asked, in the order in which one becomes them. */
enum asker { CALLER, SERVICE_USER, ACCOUNT };

struct question {
	const char *name;
	enum asker asker;
	void (*ask)(struct check *);
};

static const struct question of_server[] = {
	{ "service user", CALLER, check_service_user },
	{ "kernel", CALLER, check_kernel },
	{ "units", CALLER, check_units },
	{ "ports", CALLER, check_ports },
	{ "accounts", SERVICE_USER, check_accounts },
	{ "state directory", SERVICE_USER, check_state },
	{ "spool directory", SERVICE_USER, check_spool },
	{ "certificate", SERVICE_USER, check_certificate },
	{ "capabilities", SERVICE_USER, check_capabilities },
	{ "updates", SERVICE_USER, check_updates },
	{ 0 },
};

static const struct question of_user[] = {
	{ "account", CALLER, check_account },
	{ "locks", CALLER, check_locks },
	{ "control files", CALLER, check_control },
	{ "mailbox", ACCOUNT, check_mailbox },
	{ 0 },
};

/* --- as whom -------------------------------------------------------------- */

/* Whoever reads mail is confined: as before a login, since it opens files. */
static bool
confine(const struct settings *s)
{
	const struct sandbox_preauth sandbox = {
		.uid_min = s->uid_min,
		.gid_min = s->gid_min,
		.connection = STDERR_FILENO,
		.channel = -1,
	};

	return sandbox_preauth(&sandbox);
}

/* Becomes the account as a session does. */
static bool
become_account(struct check *c)
{
	const struct identity identity = {
		.name = auth_uses_system_names(c->settings->accounts)
		    ? c->account.name : NULL,
		.uid = c->account.uid,
		.gid = c->account.gid,
		.spool = maildrop_spool_group(c->path),
	};

	if (!identity_is_ordinary() || c->account.uid == geteuid())
		return identity_become_user(&identity) &&
		    confine(c->settings);
	report_line(&c->report, REPORT_WARN, "run this as root",
	    "only root can look at the mailbox as its user");
	return false;
}

/* False after a line of the report. */
static bool
become(struct check *c, enum asker asker)
{
	switch (asker) {
	case CALLER:
		break;
	case SERVICE_USER:
		return identity_drop_root(c->settings->user,
		    auth_secrets(c->settings->accounts));
	case ACCOUNT:
		return become(c, SERVICE_USER) && become_account(c);
	}
	return true;
}

/* --- a process for the server, and for each user -------------------------- */

static void
ask_all(struct check *c, const struct question *questions)
{
	enum asker asker = CALLER;

	log_divert(report_log, &c->report);
	for (; questions->name != NULL; questions++) {
		c->report.question = questions->name;
		c->report.cure = NULL;
		c->report.was_answered = false;
		if (questions->asker != asker && !become(c, questions->asker))
			return;
		asker = questions->asker;
		questions->ask(c);
		if (c->user != NULL && !c->is_known)
			return;
	}
}

/* A disk that does not answer must not make us wait for good. */
static void
ask_in_child(struct check *c, const struct question *questions)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		alarm(CHECK_SECONDS_MAX);
		ask_all(c, questions);
		_exit((int)c->report.worst);
	}
	c->report.question = "check";
	if (child == -1 || waitpid(child, &status, 0) == -1)
		report_line(&c->report, REPORT_FAIL, "try again",
		    "no process can be made");
	else if (WIFSIGNALED(status))
		report_line(&c->report, REPORT_FAIL, "look at what it would "
		    "have asked next", "it was ended by signal %d",
		    WTERMSIG(status));
	else if ((enum report_result)WEXITSTATUS(status) > c->report.worst)
		c->report.worst = (enum report_result)WEXITSTATUS(status);
}

static void
limit_accounts(struct check *c)
{
	struct auth_policy policy;

	settings_policy(c->settings, &policy);
	policy.only_own_uid &= !settings_is_service_user(c->settings);
	auth_limit(c->auth, &policy);
}

/* What only the caller may open. */
static void
prepare(struct check *c)
{
	const struct settings *s = c->settings;

	log_divert(report_log, &c->report);
	c->report.question = "options";
	c->report.cure = "change the options";
	if (!settings_is_service_user(s))
		settings_are_valid(s);
	c->report.question = "accounts";
	c->report.cure = "mend that file, or name another with --accounts";
	c->auth = auth_open(s->accounts, -1);
	if (c->auth != NULL)
		limit_accounts(c);
	if (s->tls != TLS_OFF && s->files.certificate != NULL)
		c->tls = tls_open(&s->files);
}

static void
say_who(struct check *c)
{
	c->report.question = "program";
	report_line(&c->report, geteuid() == 0 ? REPORT_OK : REPORT_WARN,
	    geteuid() == 0 ? NULL : "run this as root",
	    PROGRAM " " VERSION "%s", geteuid() == 0 ? ""
	    : ", not as root: not all can be seen");
}

bool
check_all(struct settings *s, int argc, char **argv)
{
	struct check c = { .settings = s, .cache = -1 };

	report_begin(&c.report, s->as_json);
	say_who(&c);
	if (check_options(&c.report, s, argc, argv)) {
		prepare(&c);
		ask_in_child(&c, of_server);
		for (char **user = s->users; *user != NULL; user++) {
			c.user = c.report.user = *user;
			ask_in_child(&c, of_user);
		}
	}
	report_end(&c.report);
	auth_close(c.auth);
	tls_close(c.tls);
	return c.report.worst != REPORT_FAIL;
}
