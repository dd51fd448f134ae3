/* What a listener has gathered; its parts share it. It is opened, and closed
 * or given back whole, here. */
#ifndef LISTENER_STATE_H
#define LISTENER_STATE_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/deadline.h"
#include "listener/children.h"
#include "listener/notice.h"
#include "listener/settings.h"
#include "listener/watch.h"

#define LISTENER_SOCKETS_MAX 8

struct listener_socket {
	int fd;
	const char *greeting;	/* what a client is told that is served; or
				   NULL */
	const char *refusal;	/* what a client is told that is turned away;
				   or NULL */
};

enum listener_role {
	LISTENER_ENDED,		/* in the listener: all is well */
	LISTENER_FAILED,	/* in the listener, after a log line */
	LISTENER_SPARE,		/* a child: its channel has a connection for
				   it */
	LISTENER_FRESH,		/* the same after a crash: executes itself for
				   that, and passes the channel on, which takes
				   the login */
	LISTENER_RECOVERS,	/* a child: executes itself to recover what
				   another one has left that was killed */
};

#define SPARES_MIN 2
#define SPARES_MAX 16

struct listener {
	struct listener_settings limits;
	struct listener_socket sockets[LISTENER_SOCKETS_MAX];
	unsigned socket_count;
	struct watch watch;

	struct children children;
	struct pollfd *polls;
	int signals;			/* signalfd(2) */
	bool is_told_to_end;
	size_t spares_wanted;
	bool is_exposed;		/* a child has crashed */
	bool must_recover;
	struct deadline old, too_old, idle;	/* when it is */
	struct deadline may_end;	/* for files that have changed */
	struct deadline paused_until;	/* nothing can be forked or accepted */
	struct deadline fewer_spares;	/* when one less is wanted */
	struct deadline next_spares;	/* when missing ones are made */
	struct deadline next_status;	/* when news are told */
	bool has_news;
	char status[160];		/* as it was told last */
	uint64_t served, turned_away, dropped;
	struct notice full, of_source, preauth, paused;
};

/* The caller has filled in limits, sockets and what is watched. False after a
 * log line. Signals are blocked from then on, as children find them open. */
bool listener_open(struct listener *);

/* In the listener and, first of all, in each child: closes what is the
 * listener's alone. */
void listener_close(struct listener *);

/* Gives its memory back, too; for who does not end at once. */
void listener_free(struct listener *);

#endif
