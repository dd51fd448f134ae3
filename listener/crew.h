/*
 * Which children a listener has: how many spares, what it means when one has
 * ended, and a recovery where a session was killed.
 *
 * Functions that may fork return in the child, too, with its role, and its end
 * of a channel; LISTENER_ENDED in the listener.
 */
#ifndef LISTENER_CREW_H
#define LISTENER_CREW_H

#include <stdbool.h>

#include "listener/state.h"

/* What there shall be before the next connection comes. */
enum listener_role crew_complete(struct listener *, int *channel);

/* Makes sure that there is somebody for the next connection. */
enum listener_role crew_find_spare(struct listener *, int *channel);

/* Starts to recover what sessions have left that were killed, if there is
 * anything; once a recovery that goes on has ended. */
enum listener_role crew_recover(struct listener *);

/* Takes those that have ended out of the table. */
void crew_reap(struct listener *);

/* Now and then one spare less is wanted. */
void crew_shrink(struct listener *);

/* Nothing can be forked or accepted, for want of what others have: soon, and
 * not at once again. Logged as "cannot WHAT: WHY". */
void crew_pause(struct listener *, const char *what, const char *why);
bool crew_is_paused(const struct listener *);

#endif
