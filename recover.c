#include "recover.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/log.h"
#include "maildrop.h"
#include "privilege/identity.h"
#include "privilege/sandbox.h"

/* How often we look whether that process has ended. */
#define PAUSE_MILLISECONDS 10

/* How the process of a mailbox ends. */
enum outcome {
	RECOVERED = EXIT_SUCCESS,
	FAILED = EXIT_FAILURE,
	/* Nothing was interrupted. */
	NOTHING_TO_DO = 74,
	/* A session uses it: what may be interrupted there is that session's
	 * own, or was finished by it. */
	IN_USE = 75,
};

struct recovery {
	const struct settings *settings;
	unsigned failed;
};

/* Opens the mailbox as its owner, which finishes what was interrupted. */
static enum maildrop_status
finish(const struct settings *s, struct maildrop *maildrop,
    const struct identity *owner)
{
	struct directory_rights rights[RIGHTS_MAX];
	enum maildrop_status status;
	size_t count;

	if (!identity_become_user(owner))
		return MAILDROP_TEMPORARY;
	status = maildrop_open(maildrop, owner->uid, s->uidl);
	if (status != MAILDROP_OK)
		return status;
	count = maildrop_rights(maildrop, rights);
	return sandbox_postauth(rights, count) ? maildrop_load(maildrop)
	    : MAILDROP_TEMPORARY;
}

static enum outcome
outcome_of(enum maildrop_status status)
{
	return status == MAILDROP_OK ? RECOVERED : FAILED;
}

/* Looks whether there is anything to finish in the mailbox at `path`, which was
 * claimed. */
static enum outcome
recover_claimed(const struct settings *s, struct maildrop *maildrop,
    const char *path)
{
	struct identity owner = {
		.gid = getegid(), .spool = maildrop_spool_group(path)
	};
	bool is_interrupted;
	enum maildrop_status status = maildrop_look(maildrop, &is_interrupted,
	    &owner.uid);

	if (status != MAILDROP_OK)
		return FAILED;
	if (!is_interrupted)
		return NOTHING_TO_DO;
	if (owner.uid == MAILDROP_OWNER_UNKNOWN) {
		log_note(LOG_ERR, "the update of %s is left to the next login "
		    "of its owner: whose it is was not noted", path);
		return FAILED;
	}
	if (owner.uid < s->uid_min) {
		log_note(LOG_ERR, "the update of %s is not finished: uid %lu "
		    "is below %lu, the lowest that is served (--min-uid)",
		    path, (unsigned long)owner.uid, (unsigned long)s->uid_min);
		return FAILED;
	}
	log_note(LOG_INFO, "finishing what was interrupted in %s", path);
	return outcome_of(finish(s, maildrop, &owner));
}

static enum outcome
recover_one(const struct settings *s, const char *path)
{
	struct maildrop *maildrop = NULL;
	enum outcome outcome;
	enum maildrop_status status = maildrop_claim(s->state, path,
	    MAILDROP_OWNER_UNKNOWN, &maildrop);

	if (status == MAILDROP_IN_USE)
		return IN_USE;
	outcome = status == MAILDROP_OK ? recover_claimed(s, maildrop, path)
	    : FAILED;
	maildrop_close(maildrop);
	return outcome;
}

/* Whoever waits for a disk that does not answer cannot even be killed, and is
 * not waited for any longer. */
static enum outcome
wait_for(pid_t child, const char *path)
{
	struct deadline by = deadline_in(RECOVERY_SECONDS_MAX * INT64_C(1000));
	pid_t ended = 0;
	int status;

	if (child == -1)
		return FAILED;
	while ((ended = waitpid(child, &status, WNOHANG)) == 0 &&
	    !deadline_is_past(by))
		deadline_sleep(by, PAUSE_MILLISECONDS);
	if (ended == child)
		return WIFEXITED(status) ? (enum outcome)WEXITSTATUS(status)
		    : FAILED;
	kill(child, SIGKILL);
	log_note(LOG_ERR, "gave up on %s after %d s: the next login goes on",
	    path, RECOVERY_SECONDS_MAX);
	return FAILED;
}

static void
recover_in_child(void *context, const char *path)
{
	struct recovery *recovery = context;
	pid_t child = fork();

	if (child == 0)
		_exit((int)recover_one(recovery->settings, path));
	switch (wait_for(child, path)) {
	case IN_USE:
		log_note(LOG_INFO, "%s is in use: left to its session", path);
		break;
	case NOTHING_TO_DO:
		break;
	case RECOVERED:
		log_note(LOG_NOTICE, "recovered %s", path);
		break;
	case FAILED:
	default:
		log_note(LOG_ERR, "could not recover %s", path);
		recovery->failed++;
	}
}

bool
recover_all(struct settings *s)
{
	struct recovery recovery = { .settings = s };

	settings_read_ids(s);
	return identity_drop_root(s->user, NULL) &&
	    maildrop_each_interrupted(s->state, recover_in_child, &recovery) &&
	    recovery.failed == 0;
}
