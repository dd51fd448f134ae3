#include "import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth.h"
#include "base/fd.h"
#include "base/log.h"
#include "import/capture.h"
#include "import/ids.h"
#include "import/names.h"
#include "maildrop.h"
#include "maildrop/control_ids.h"
#include "privilege/identity.h"
#include "privilege/sandbox.h"

struct import {
	const struct settings *settings;
	struct auth *auth;
	struct auth_policy policy;
	const struct import_source *source;	/* NULL: an export */
	const char *argument;			/* of either: its directory */
	bool copies;				/* an export of mailboxes */
	size_t count, failed, not_all;		/* mailboxes */
};

/* A mailbox, of which something is to be found out. */
struct job {
	const struct import *import;
	const struct auth_account *account;
	const char *path;
	struct maildrop *maildrop;
	char *captured;		/* or NULL */
	int draft;		/* of what is to be written, or -1 */
};

/* --- what the owner's process does --------------------------------------- */

static enum maildrop_status
open_as_owner(const struct job *job)
{
	const struct settings *s = job->import->settings;
	const struct identity owner = {
		.name = auth_uses_system_names(s->accounts)
		    ? job->account->name : NULL,
		.uid = job->account->uid,
		.gid = job->account->gid,
		.spool = maildrop_spool_group(job->path),
	};
	struct directory_rights rights[RIGHTS_MAX];
	enum maildrop_status status;
	size_t count;

	if (!identity_become_user(&owner))
		return MAILDROP_TEMPORARY;
	status = maildrop_open(job->maildrop, owner.uid, s->uidl);
	if (status != MAILDROP_OK)
		return status;
	count = maildrop_rights(job->maildrop, rights);
	return sandbox_postauth(rights, count) ? maildrop_load(job->maildrop)
	    : MAILDROP_TEMPORARY;
}

static enum import_outcome
import_ids(const struct job *job)
{
	const struct import *import = job->import;
	struct import_ids ids;
	bool done = import_ids_find(&ids, job->maildrop, import->source,
	    import->argument, job->captured) == MAILDROP_OK;

	if (done && job->draft != -1)
		done = maildrop_write_imported(job->maildrop, ids.of,
		    job->draft);
	if (done)
		dprintf(STDOUT_FILENO, "%s: messages=%zu imported=%zu left=%zu"
		    " none=%zu unfit=%zu twice=%zu\n", job->account->name,
		    ids.count, ids.imported, ids.count - ids.imported,
		    ids.none, ids.unfit, ids.twice);
	import_ids_clear(&ids);
	return done ? IMPORT_DONE : IMPORT_FAILED;
}

struct missing {
	const char *name;
	size_t count;
};

static void
tell_missing(void *context, const char *id)
{
	struct missing *missing = context;

	missing->count++;
	dprintf(STDOUT_FILENO, "%s: missing %s\n", missing->name, id);
}

static enum import_outcome
compare_ids(const struct job *job)
{
	const struct import *import = job->import;
	struct missing missing = { .name = job->account->name };

	if (import_ids_compare(job->maildrop, import->source,
	    import->argument, job->captured, tell_missing, &missing) !=
	    MAILDROP_OK)
		return IMPORT_FAILED;
	dprintf(STDOUT_FILENO, "%s: messages=%zu missing=%zu\n",
	    missing.name, maildrop_count(job->maildrop), missing.count);
	return missing.count == 0 ? IMPORT_DONE : IMPORT_NOT_ALL;
}

static enum import_outcome
export_ids(const struct job *job)
{
	if (job->import->copies ? maildrop_copy(job->maildrop, job->draft) !=
	    MAILDROP_OK : !capture_write(job->maildrop, job->draft))
		return IMPORT_FAILED;
	dprintf(STDOUT_FILENO, "%s: messages=%zu\n", job->account->name,
	    maildrop_count(job->maildrop));
	return IMPORT_DONE;
}

static enum import_outcome
do_job(const struct job *job)
{
	const struct import *import = job->import;

	if (open_as_owner(job) != MAILDROP_OK)
		return IMPORT_FAILED;
	if (import->source == NULL)
		return export_ids(job);
	return import->settings->import.compare ? compare_ids(job)
	    : import_ids(job);
}

/* --- drafts -------------------------------------------------------------- */

static bool
wants_table(const struct import *import)
{
	return import->source != NULL && !import->settings->import.compare &&
	    !import->settings->import.dry_run;
}

/* False after a log line. */
static bool
open_draft(struct job *job)
{
	const struct import *import = job->import;

	job->draft = -1;
	if (wants_table(import))
		job->draft = control_ids_draft(import->settings->state,
		    job->path);
	else if (import->source == NULL)
		job->draft = capture_draft(import->argument,
		    job->account->name);
	else
		return true;
	return job->draft != -1;
}

/* Whether a table makes a difference: most mailboxes have none, and want none
 * that is empty. */
static bool
is_of_use(const struct job *job)
{
	struct stat status;

	return maildrop_has_imported(job->maildrop) ||
	    (fstat(job->draft, &status) == 0 && status.st_size > 0);
}

/* Puts the draft in its place, or removes it. */
static bool
close_draft(const struct job *job, bool is_good)
{
	const struct import *import = job->import;
	const char *state = import->settings->state;
	bool done = is_good;

	if (job->draft == -1)
		return true;
	if (import->source == NULL)
		done = capture_close(import->argument, job->account->name,
		    job->draft, is_good);
	else if (is_good && is_of_use(job))
		done = control_ids_replace(state, job->path, job->draft);
	else
		control_ids_discard(state, job->path);
	close(job->draft);
	return done;
}

/* --- a mailbox ----------------------------------------------------------- */

static enum import_outcome
wait_for(pid_t child)
{
	int status;

	while (child != -1 && waitpid(child, &status, 0) == -1)
		if (errno != EINTR)
			child = -1;
	return child != -1 && WIFEXITED(status) &&
	    WEXITSTATUS(status) <= IMPORT_FAILED
	    ? (enum import_outcome)WEXITSTATUS(status) : IMPORT_FAILED;
}

/* Has a job done for a mailbox that was claimed. */
static enum import_outcome
run(struct job *job)
{
	enum import_outcome outcome;
	pid_t child;

	if (!open_draft(job))
		return IMPORT_FAILED;
	child = fork();
	if (child == 0)
		_exit((int)do_job(job));
	outcome = wait_for(child);
	if (!close_draft(job, outcome == IMPORT_DONE))
		outcome = IMPORT_FAILED;
	return outcome;
}

static enum import_outcome
run_claimed(struct job *job)
{
	const struct import *import = job->import;

	if (wants_table(import) && !import->settings->import.again &&
	    maildrop_has_imported(job->maildrop)) {
		log_note(LOG_ERR, "%s has imported ids already: --again "
		    "replaces them", job->account->name);
		return IMPORT_NOT_ALL;
	}
	if (import->source != NULL && import->source->wants_captured) {
		job->captured = capture_read(import->argument,
		    job->account->name);
		if (job->captured == NULL)
			return IMPORT_FAILED;
	}
	return run(job);
}

static enum import_outcome
import_mailbox(const struct import *import, const struct auth_account *account)
{
	const struct settings *s = import->settings;
	char *path = maildrop_path(s->maildrop, account->name, account->home);
	struct job job = {
		.import = import, .account = account, .path = path
	};
	enum import_outcome outcome = IMPORT_FAILED;
	enum maildrop_status status = path == NULL ? MAILDROP_TEMPORARY
	    : maildrop_claim(s->state, path, account->uid, &job.maildrop);

	if (status == MAILDROP_OK)
		outcome = run_claimed(&job);
	else if (status == MAILDROP_IN_USE)
		log_note(LOG_ERR, "%s is in use", path);
	maildrop_close(job.maildrop);
	free(job.captured);
	free(path);
	return outcome;
}

/* --- all of them --------------------------------------------------------- */

/* Who is served by that name, as long as only the user id is asked for: who may
 * not log in today may tomorrow. */
static enum auth_lookup
look_up(const struct import *import, const char *name,
    struct auth_account *account)
{
	enum auth_reason reason;
	enum auth_lookup lookup = identity_regain_dac_read_search()
	    ? auth_find(import->auth, name, account, &reason) : AUTH_FAILED;

	/* mailboxes are found as sessions find them: without it */
	if (!identity_drop_dac_read_search())
		lookup = AUTH_FAILED;
	return lookup == AUTH_FOUND && auth_policy_reason(&import->policy,
	    account) != AUTH_NO_REASON ? AUTH_UNKNOWN : lookup;
}

static void
import_user(void *context, const char *name)
{
	struct import *import = context;
	enum import_outcome outcome = IMPORT_FAILED;
	struct auth_account account;
	enum auth_lookup lookup = look_up(import, name, &account);

	if (import->settings->import.all && (lookup == AUTH_UNKNOWN ||
	    (lookup == AUTH_FOUND && strcmp(account.name, name) != 0)))
		return;		/* not everything there is a mailbox */
	if (lookup == AUTH_FOUND)
		outcome = import_mailbox(import, &account);
	else if (lookup == AUTH_UNKNOWN)
		log_note(LOG_ERR, "there is no account %s that is served",
		    name);
	if (outcome == IMPORT_FAILED)
		log_note(LOG_ERR, "nothing done for %s", name);
	import->failed += outcome == IMPORT_FAILED;
	import->not_all += outcome == IMPORT_NOT_ALL;
	import->count++;
	if (!isatty(STDOUT_FILENO) && isatty(STDERR_FILENO))
		dprintf(STDERR_FILENO, "\r%zu mailboxes", import->count);
}

static enum import_outcome
run_all(struct import *import)
{
	const struct settings *s = import->settings;
	char **name = s->users;

	if (s->import.all && !import_each_name(s->maildrop, import_user,
	    import))
		return IMPORT_FAILED;
	for (; !s->import.all && *name != NULL; name++)
		import_user(import, *name);
	if (import->count > import->failed && wants_table(import) &&
	    !control_ids_settle(s->state))
		return IMPORT_FAILED;
	dprintf(STDOUT_FILENO, "mailboxes=%zu not_all=%zu failed=%zu\n",
	    import->count, import->not_all, import->failed);
	if (import->failed > 0)
		return IMPORT_FAILED;
	return import->not_all > 0 ? IMPORT_NOT_ALL : IMPORT_DONE;
}

enum import_outcome
import_users(struct settings *s)
{
	struct import import = {
		.settings = s, .auth = auth_open(s->accounts, -1),
		.copies = s->import.export != NULL &&
		    s->import.export[0] == EXPORT_X_UIDL[0],
	};
	enum import_outcome outcome = IMPORT_FAILED;

	if (s->import.export != NULL)
		import.argument = strchr(s->import.export, ':') + 1;
	else
		import.source = import_source_of(s->import.source,
		    &import.argument);
	if (import.auth != NULL && identity_drop_root(s->user,
	    auth_secrets(s->accounts))) {
		settings_policy(s, &import.policy);
		auth_limit(import.auth, &import.policy);
		outcome = run_all(&import);
	}
	auth_close(import.auth);
	return outcome;
}
