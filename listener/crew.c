#include "listener/crew.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "base/log.h"
#include "base/min.h"

#define SPARES_SHRINK_MILLISECONDS 10000
#define PAUSE_MILLISECONDS 200

static void
drop_all(struct listener *l, enum child_state state)
{
	struct child *child;

	while ((child = children_oldest(&l->children, state)) != NULL)
		children_drop(child);
}

/* What its memory looks like is known, perhaps. Spares have the same, and so do
 * those that somebody may have connected to before: each is another try. */
static void
expose(struct listener *l, const struct child *child, int signal)
{
	log_note(LOG_CRIT, "process %ld has crashed (%s): until this listener "
	    "is started again, each connection gets a process that is "
	    "executed anew", (long)child->pid, strsignal(signal));
	l->is_exposed = true;
	drop_all(l, CHILD_SPARE);
	drop_all(l, CHILD_PREAUTH);
}

void
crew_pause(struct listener *l, const char *what, const char *why)
{
	notice_log(&l->paused, LOG_ERR, "cannot %s: %s; trying again", what,
	    why);
	l->paused_until = deadline_in(PAUSE_MILLISECONDS);
}

/* Whom we drop we send no signal of a defect: it has crashed before. A spare
 * that ends by itself would do so for ever, and so would one that crashes
 * although it was executed anew. */
static void
judge(struct listener *l, const struct child *child, int status)
{
	bool is_first_crash = children_is_crash(status) && !l->is_exposed;

	if (is_first_crash)
		expose(l, child, WTERMSIG(status));
	else if (child->state == CHILD_SPARE && !child->is_dropped)
		crew_pause(l, "have a process wait for a connection",
		    "it has ended");
}

/* An update may be half done if its process was killed, or could not go on. */
void
crew_reap(struct listener *l)
{
	struct child ended;
	int status;

	while (children_reap(&l->children, &ended, &status)) {
		bool had_logged_in = ended.state == CHILD_LOGGED_IN;

		l->served += had_logged_in;
		l->must_recover |= had_logged_in && status != 0;
		judge(l, &ended, status);
	}
}

bool
crew_is_paused(const struct listener *l)
{
	return !deadline_is_past(l->paused_until) ||
	    l->children.count == l->children.room;
}

/* The role of the child, in the child; LISTENER_ENDED in the listener. */
static enum listener_role
fork_as(struct listener *l, enum listener_role role, int *channel)
{
	pid_t pid = children_fork(&l->children, channel != NULL ? CHILD_SPARE
	    : CHILD_OTHER, channel);

	if (pid == -1)
		crew_pause(l, "make a process for a connection",
		    strerror(errno));
	if (pid != 0)
		return LISTENER_ENDED;
	listener_close(l);
	return role;
}

static enum listener_role
fork_spare(struct listener *l, int *channel)
{
	return fork_as(l, l->is_exposed ? LISTENER_FRESH : LISTENER_SPARE,
	    channel);
}

enum listener_role
crew_recover(struct listener *l)
{
	enum listener_role role;

	if (!l->must_recover || crew_is_paused(l) ||
	    children_in(&l->children, CHILD_OTHER) > 0)
		return LISTENER_ENDED;
	role = fork_as(l, LISTENER_RECOVERS, NULL);
	l->must_recover = children_in(&l->children, CHILD_OTHER) == 0;
	return role;
}

/* Made at once if there is none. */
static bool
wants_spare(const struct listener *l)
{
	size_t count = children_in(&l->children, CHILD_SPARE);

	return !crew_is_paused(l) && count < l->spares_wanted &&
	    (count == 0 || deadline_is_past(l->next_spares));
}

enum listener_role
crew_complete(struct listener *l, int *channel)
{
	enum listener_role role = crew_recover(l);

	while (role == LISTENER_ENDED && wants_spare(l))
		role = fork_spare(l, channel);
	return role;
}

/* More are wanted as soon as there is none; one less every ten seconds. */
static void
want_more_spares(struct listener *l)
{
	l->spares_wanted = min_size(l->spares_wanted * 2, SPARES_MAX);
	l->fewer_spares = deadline_in(SPARES_SHRINK_MILLISECONDS);
}

void
crew_shrink(struct listener *l)
{
	struct child *spare = children_oldest(&l->children, CHILD_SPARE);

	if (l->spares_wanted <= SPARES_MIN ||
	    !deadline_is_past(l->fewer_spares))
		return;
	l->spares_wanted--;
	l->fewer_spares = deadline_in(SPARES_SHRINK_MILLISECONDS);
	if (spare != NULL)
		children_drop(spare);
}

enum listener_role
crew_find_spare(struct listener *l, int *channel)
{
	if (children_in(&l->children, CHILD_SPARE) > 0)
		return LISTENER_ENDED;
	want_more_spares(l);
	return fork_spare(l, channel);
}
