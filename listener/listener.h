/*
 * One process that waits for connections and reads of none: inetd's `wait`,
 * systemd's Accept=no.
 *
 *	listener_open
 *	listener_run	returns in children, too: each with its role
 *	listener_close
 *	listener_free
 *
 * It accepts, looks at the limits, and hands each connection to a spare: a
 * child that was forked, and has confined itself, before. Each child serves one
 * connection. If the listener stops, spares end, sessions go on, and new
 * connections wait in the sockets, which are inetd's or systemd's.
 *
 * Children share their parent's addresses. When one ends by a signal that a
 * defect sends, somebody may know them: from then on, until the listener is
 * started again, each connection gets a child that executes the program anew.
 */
#ifndef LISTENER_LISTENER_H
#define LISTENER_LISTENER_H

#include "listener/state.h"

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

/* The caller has filled in limits, sockets and what is watched. False after a
 * log line. Signals are blocked from then on, as children find them open. */
bool listener_open(struct listener *);

/* The role; `channel` is the end of a spare's, which is the caller's. */
enum listener_role listener_run(struct listener *, int *channel);

/* In the listener and, first of all, in each child: closes what is the
 * listener's alone. */
void listener_close(struct listener *);

/* Gives its memory back, too; for who does not end at once. */
void listener_free(struct listener *);

#endif
