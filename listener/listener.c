#include "listener/listener.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/min.h"
#include "listener/accept.h"
#include "listener/channel.h"
#include "listener/status.h"

#define SPARES_MIN 2
#define SPARES_MAX 16
#define SPARES_SHRINK_MILLISECONDS 10000

/* To fork takes a processor from whoever was handed a connection just now. */
#define SPARES_PAUSE_MILLISECONDS 20

/* Children that are dropped and not gone yet. */
#define DROPPED_MAX 64

/* Descriptors that are no channels. */
#define DESCRIPTORS_OWN 32

#define PAUSE_MILLISECONDS 200

/* --- opening and closing -------------------------------------------------- */

static int
open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int64_t
in_seconds(unsigned seconds)
{
	return seconds * INT64_C(1000);
}

/* One for each child that has not logged in, and a few. Those that there may be
 * decide, if more were asked for. */
static void
fit_descriptors(struct listener *l)
{
	const unsigned others = SPARES_MAX + DESCRIPTORS_OWN;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur >= l->limits.preauth_max + others)
		return;
	l->limits.preauth_max = limit.rlim_cur <= others ? 1
	    : (unsigned)limit.rlim_cur - others;
	log_note(LOG_WARNING, "--max-preauth is %u: the process may open %ju "
	    "files (LimitNOFILE=)", l->limits.preauth_max,
	    (uintmax_t)limit.rlim_cur);
}

bool
listener_open(struct listener *l)
{
	size_t room = l->limits.connections_max + SPARES_MAX + DROPPED_MAX + 1;

	fit_descriptors(l);
	l->signals = open_signals();
	l->polls = calloc(1 + l->socket_count + room, sizeof(*l->polls));
	l->spares_wanted = SPARES_MIN;
	l->old = deadline_in(in_seconds(l->limits.age_seconds));
	l->too_old = deadline_in(2 * in_seconds(l->limits.age_seconds));
	l->idle = deadline_in(in_seconds(l->limits.idle_seconds));
	if (l->polls != NULL && l->signals != -1 &&
	    children_open(&l->children, room))
		return true;
	log_note(LOG_ERR, "cannot wait for connections: %s", strerror(errno));
	return false;
}

void
listener_close(struct listener *l)
{
	sigset_t none;

	children_close(&l->children);
	if (l->signals != -1)
		close(l->signals);
	l->signals = -1;
	for (unsigned i = 0; i < l->socket_count; i++)
		close(l->sockets[i].fd);
	l->socket_count = 0;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void
listener_free(struct listener *l)
{
	children_free(&l->children);
	free(l->polls);
	l->polls = NULL;
}

/* --- children ------------------------------------------------------------- */

/* What its memory looks like is known, perhaps: the spares have the same. */
static void
expose(struct listener *l, const struct child *child, int signal)
{
	struct child *spare;

	if (l->is_exposed)
		return;
	log_note(LOG_CRIT, "process %ld has crashed (%s): until this listener "
	    "is started again, each connection gets a process that is "
	    "executed anew", (long)child->pid, strsignal(signal));
	l->is_exposed = true;
	while ((spare = children_oldest(&l->children, CHILD_SPARE)) != NULL)
		children_drop(spare);
}

/* Nothing can be forked or accepted, for want of what others have: soon, and
 * not at once again. */
static void
pause_for(struct listener *l, const char *what, const char *why)
{
	notice_log(&l->paused, LOG_ERR, "cannot %s: %s; trying again", what,
	    why);
	l->paused_until = deadline_in(PAUSE_MILLISECONDS);
}

/* Of a child that was not dropped. A spare that ends would do so for ever. */
static void
judge(struct listener *l, const struct child *child, int status)
{
	if (children_is_crash(status))
		expose(l, child, WTERMSIG(status));
	else if (child->state == CHILD_SPARE)
		pause_for(l, "have a process wait for a connection",
		    "it has ended");
}

/* An update may be half done if its process was killed, or could not go on. */
static void
reap(struct listener *l)
{
	struct child ended;
	int status;

	while (children_reap(&l->children, &ended, &status)) {
		bool had_logged_in = ended.state == CHILD_LOGGED_IN;

		l->served += had_logged_in;
		l->must_recover |= had_logged_in && status != 0;
		if (!ended.is_dropped)
			judge(l, &ended, status);
	}
}

static bool
is_paused(const struct listener *l)
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
		pause_for(l, "make a process for a connection",
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

/* Starts to recover what sessions have left that were killed, if there is
 * anything; once a recovery that goes on has ended. */
static enum listener_role
recover(struct listener *l)
{
	enum listener_role role;

	if (!l->must_recover || is_paused(l) ||
	    children_in(&l->children, CHILD_OTHER) > 0)
		return LISTENER_ENDED;
	role = fork_as(l, LISTENER_RECOVERS, NULL);
	l->must_recover = children_in(&l->children, CHILD_OTHER) == 0;
	return role;
}

/* What there shall be before the next connection comes. */
static enum listener_role
make_children(struct listener *l, int *channel)
{
	enum listener_role role = recover(l);

	while (role == LISTENER_ENDED && !is_paused(l) &&
	    children_in(&l->children, CHILD_SPARE) < l->spares_wanted)
		role = fork_spare(l, channel);
	return role;
}

/* --- connections ---------------------------------------------------------- */

/* More are wanted as soon as there is none; one less every ten seconds. */
static void
want_more_spares(struct listener *l)
{
	l->spares_wanted = min_size(l->spares_wanted * 2, SPARES_MAX);
	l->fewer_spares = deadline_in(SPARES_SHRINK_MILLISECONDS);
}

static void
want_fewer_spares(struct listener *l)
{
	struct child *spare = children_oldest(&l->children, CHILD_SPARE);

	l->spares_wanted--;
	l->fewer_spares = deadline_in(SPARES_SHRINK_MILLISECONDS);
	if (spare != NULL)
		children_drop(spare);
}

/* Gives a connection that is within the limits to the first spare that is still
 * there. */
static void
hand(struct listener *l, const struct accepted *a)
{
	struct child *spare;

	accept_make_place(l);
	while ((spare = children_oldest(&l->children, CHILD_SPARE)) != NULL &&
	    !channel_hand(spare->channel, a->fd, a->socket))
		children_drop(spare);
	if (spare != NULL) {
		spare->state = CHILD_PREAUTH;
		spare->source = a->source;
	}
	close(a->fd);
	if (deadline_is_past(l->next_spares))
		l->next_spares = deadline_in(SPARES_PAUSE_MILLISECONDS);
}

/* Makes sure that there is somebody for the next connection. */
static enum listener_role
find_spare(struct listener *l, int *channel)
{
	if (children_in(&l->children, CHILD_SPARE) > 0)
		return LISTENER_ENDED;
	want_more_spares(l);
	return fork_spare(l, channel);
}

/* One connection of a socket that has some. */
static enum listener_role
serve_next(struct listener *l, unsigned socket, int *channel)
{
	enum listener_role role = find_spare(l, channel);
	struct accepted accepted;

	if (role != LISTENER_ENDED || is_paused(l))
		return role;
	switch (accept_next(l, socket, &accepted)) {
	case ACCEPT_NONE:
	case ACCEPT_REFUSED:
		break;
	case ACCEPT_FAILED:
		pause_for(l, "accept a connection", strerror(errno));
		break;
	case ACCEPT_DONE:
		l->idle = deadline_in(in_seconds(l->limits.idle_seconds));
		hand(l, &accepted);
	}
	return LISTENER_ENDED;
}

/* One of each socket that has some. */
static enum listener_role
serve_waiting(struct listener *l, int *channel)
{
	enum listener_role role = LISTENER_ENDED;

	for (unsigned i = 0; i < l->socket_count; i++)
		if (l->polls[i].revents != 0 && role == LISTENER_ENDED &&
		    !is_paused(l))
			role = serve_next(l, i, channel);
	return role;
}

/* --- the loop ------------------------------------------------------------- */

static size_t
count_sessions(const struct listener *l)
{
	return children_in(&l->children, CHILD_PREAUTH) +
	    children_in(&l->children, CHILD_LOGGED_IN) +
	    children_in(&l->children, CHILD_OTHER);
}

/* Sessions go on without a listener; but while it is there it knows of them. */
static bool
is_over(const struct listener *l)
{
	return l->is_told_to_end || deadline_is_past(l->too_old) ||
	    (count_sessions(l) == 0 && (deadline_is_past(l->idle) ||
	    deadline_is_past(l->old)));
}

static bool
is_awaited(const struct listener *l)
{
	bool found = false;

	for (unsigned i = 0; i < l->socket_count; i++)
		found |= l->polls[i].revents != 0;
	return found;
}

/* Whether a connection waits that must not be served as others were before. It
 * waits for the next listener. */
static bool
is_outdated(const struct listener *l)
{
	const char *changed = is_awaited(l) ? watch_changed(&l->watch) : NULL;

	if (changed != NULL)
		log_note(LOG_INFO, "%s has changed: the listener is to be "
		    "started anew", changed);
	return changed != NULL;
}

static void
sooner(int *milliseconds, struct deadline deadline)
{
	int left = deadline_left(deadline);

	if (left > 0 && (*milliseconds == -1 || left < *milliseconds))
		*milliseconds = left;
}

/* Until something can happen by itself: poll(2)'s milliseconds. */
static int
time_left(const struct listener *l)
{
	int milliseconds = -1;

	sooner(&milliseconds, l->old);
	sooner(&milliseconds, l->too_old);
	sooner(&milliseconds, l->idle);
	sooner(&milliseconds, l->paused_until);
	sooner(&milliseconds, l->next_status);
	sooner(&milliseconds, l->next_spares);
	if (l->spares_wanted > SPARES_MIN)
		sooner(&milliseconds, l->fewer_spares);
	return milliseconds;
}

static void
take_signals(struct listener *l)
{
	struct signalfd_siginfo info;

	while (read(l->signals, &info, sizeof(info)) == sizeof(info))
		l->is_told_to_end |= info.ssi_signo != SIGCHLD;
}

/* What has happened to the children; the sockets are the caller's. */
static void
take_news(struct listener *l, const struct pollfd *polls, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (polls[i].revents != 0)
			children_heard(&l->children, polls[i].fd);
	take_signals(l);
	reap(l);
	if (l->spares_wanted > SPARES_MIN && deadline_is_past(l->fewer_spares))
		want_fewer_spares(l);
}

/* Waits; the sockets come first in `polls`. */
static size_t
wait_for_news(struct listener *l)
{
	size_t count = 0, channels;
	bool paused = is_paused(l);

	for (unsigned i = 0; i < l->socket_count; i++)
		l->polls[count++] = (struct pollfd){
			.fd = paused ? -1 : l->sockets[i].fd, .events = POLLIN,
		};
	l->polls[count++] = (struct pollfd){
		.fd = l->signals, .events = POLLIN
	};
	channels = children_polls(&l->children, l->polls + count);
	if (poll(l->polls, count + channels, time_left(l)) == -1)
		memset(l->polls, 0, (count + channels) * sizeof(*l->polls));
	return channels;
}

enum listener_role
listener_run(struct listener *l, int *channel)
{
	status_ready();
	for (;;) {
		enum listener_role role = make_children(l, channel);
		size_t channels;

		if (role != LISTENER_ENDED)
			return role;
		status_tell(l);
		channels = wait_for_news(l);
		take_news(l, l->polls + l->socket_count + 1, channels);
		if (is_over(l) || is_outdated(l))
			break;
		role = serve_waiting(l, channel);
		if (role != LISTENER_ENDED)
			return role;
	}
	status_ending();
	return recover(l);
}
