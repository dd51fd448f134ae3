/* Connections that a listener takes, and those that it turns away. */
#ifndef LISTENER_ACCEPT_H
#define LISTENER_ACCEPT_H

#include "listener/state.h"
#include "listener/source.h"

enum accept_status {
	ACCEPT_DONE,
	ACCEPT_NONE,		/* nobody is there any more */
	ACCEPT_REFUSED,		/* closed again: a limit was reached */
	ACCEPT_FAILED,		/* errno: it waits, not for us now */
};

struct accepted {
	int fd;			/* the caller's */
	unsigned socket;
	struct source source;
};

/* Takes the next connection of socket number `socket`, and greets it: as early
 * as can be, for a spare must wake first. Whoever is executed anew greets by
 * itself. Does not wait. */
enum accept_status accept_next(struct listener *, unsigned socket,
    struct accepted *);

/* Makes a place among those that have not logged in: if there is none, the
 * oldest of the largest crowd of them is dropped. */
void accept_make_place(struct listener *);

#endif
