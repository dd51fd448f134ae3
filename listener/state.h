/* What a listener has gathered; its parts share it. */
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
	const char *refusal;	/* what a client is told that is turned away;
				   or NULL */
};

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
	struct deadline paused_until;	/* nothing can be forked or accepted */
	struct deadline fewer_spares;	/* when one less is wanted */
	struct deadline next_spares;	/* when missing ones are made */
	struct deadline next_status;	/* when news are told */
	bool has_news;
	char status[160];		/* as it was told last */
	uint64_t served, turned_away, dropped;
	struct notice full, of_source, preauth, paused;
};

#endif
