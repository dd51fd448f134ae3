#include "listener/state.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/log.h"

/* Children that are dropped and not gone yet. */
#define DROPPED_MAX 64

/* Descriptors that are no channels. */
#define DESCRIPTORS_OWN 32

/* systemd closes a socket whose service is started 15 times in five seconds. */
#define LIFE_MILLISECONDS_MIN 500

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
	l->may_end = deadline_in(LIFE_MILLISECONDS_MIN);
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
