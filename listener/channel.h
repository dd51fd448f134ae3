/*
 * Between a listener and a child of it: a connection one way, and one bit the
 * other way, that somebody has logged in.
 *
 *	channel_open		by the listener, which keeps one end
 *	channel_hand		by the listener, once
 *	  channel_take		by the child, which waits
 *	channel_tell_login	by the child
 *	  channel_has_login	by the listener, when its end can be read
 *
 * Whatever a child that was taken over says here is that bit or nothing. If
 * either side stops, the other finds the channel at its end.
 */
#ifndef LISTENER_CHANNEL_H
#define LISTENER_CHANNEL_H

#include <stdbool.h>

/* False with errno. Both ends are closed when another program is executed. */
bool channel_open(int *own, int *child);

/* Hands a connection of socket number `socket`, which stays open here. False
 * with errno; does not wait. */
bool channel_hand(int channel, int connection, unsigned socket);

/* The connection, and of which socket it is; -1 if the listener is gone. */
int channel_take(int channel, unsigned *socket);

/* Says that somebody has logged in, and closes the channel. */
void channel_tell_login(int channel);

/* Whether the child has said so; false if it is at its end. */
bool channel_has_login(int channel);

#endif
