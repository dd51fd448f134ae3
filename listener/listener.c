#include "listener/listener.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/log.h"
#include "listener/accept.h"
#include "listener/channel.h"
#include "listener/crew.h"
#include "listener/status.h"

/* To fork takes a processor from whoever was handed a connection just now. */
#define SPARES_PAUSE_MILLISECONDS 20

/* --- connections ---------------------------------------------------------- */

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

/* One connection of a socket that has some. */
static enum listener_role
serve_next(struct listener *l, unsigned socket, int *channel)
{
	enum listener_role role = crew_find_spare(l, channel);
	struct accepted accepted;

	if (role != LISTENER_ENDED || crew_is_paused(l))
		return role;
	switch (accept_next(l, socket, &accepted)) {
	case ACCEPT_NONE:
	case ACCEPT_REFUSED:
		break;
	case ACCEPT_FAILED:
		crew_pause(l, "accept a connection", strerror(errno));
		break;
	case ACCEPT_DONE:
		l->idle = deadline_in(1000 * (int64_t)l->limits.idle_seconds);
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
		    !crew_is_paused(l))
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
 * waits for the next listener; and for some time if we were started just now,
 * as files may change all the time. */
static bool
is_outdated(struct listener *l)
{
	const char *changed = is_awaited(l) ? watch_changed(&l->watch) : NULL;

	if (changed == NULL)
		return false;
	if (!deadline_is_past(l->may_end)) {
		l->paused_until = l->may_end;
		return false;
	}
	log_note(LOG_INFO, "%s has changed: the listener is to be started "
	    "anew", changed);
	return true;
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
	crew_reap(l);
	crew_shrink(l);
}

/* Waits; the sockets come first in `polls`. */
static size_t
wait_for_news(struct listener *l)
{
	size_t count = 0, channels;
	bool paused = crew_is_paused(l);

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
		enum listener_role role = crew_complete(l, channel);
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
	return crew_recover(l);
}
