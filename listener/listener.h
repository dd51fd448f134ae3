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

/* The role; `channel` is the end of a spare's, which is the caller's. */
enum listener_role listener_run(struct listener *, int *channel);

#endif
