/*
 * The children of a listener: spares, which wait for a connection; those that
 * have one, and have logged in or not; and one that recovers mailboxes.
 *
 *	children_open
 *	  children_fork		returns in the child, too
 *	  children_heard	a channel can be read
 *	  children_reap		some have ended
 *	children_close
 *	  children_free
 *
 * What is in the table of a listener that stops, goes on by itself; spares find
 * their channel at its end, and end.
 */
#ifndef LISTENER_CHILDREN_H
#define LISTENER_CHILDREN_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "listener/source.h"

enum child_state { CHILD_SPARE, CHILD_PREAUTH, CHILD_LOGGED_IN, CHILD_OTHER };

struct child {
	pid_t pid;
	enum child_state state;
	int channel;			/* until it has logged in; or -1 */
	uint64_t number;		/* in the order of forks */
	struct source source;		/* of its connection */
	bool is_dropped;		/* we have ended it */
};

struct children {
	size_t count, room;
	struct child *at;		/* in no order */
	uint64_t number;		/* of the last fork */
};

/* Room for so many. False if there is no memory. */
bool children_open(struct children *, size_t room);

/* Closes all channels: there are no children from then on. Writes nothing to
 * the table, whose pages a child would have to copy. */
void children_close(struct children *);

void children_free(struct children *);

/* How many are in that state; and have a connection from there. Who was dropped
 * is not among them. */
size_t children_in(const struct children *, enum child_state);
size_t children_from(const struct children *, const struct source *);

/* The oldest in that state; NULL if there is none. */
struct child *children_oldest(const struct children *, enum child_state);

/* Of those that have not logged in, the oldest of the network that most of them
 * come from; NULL if there is none. So a crowd makes place for itself. */
struct child *children_oldest_of_crowd(const struct children *);

/*
 * Forks: 0 in the child, whose end of a new channel is in *channel, or which
 * gets none if `channel` is NULL. -1 with errno. There must be room.
 */
pid_t children_fork(struct children *, enum child_state, int *channel);

/* Ends it; it is there until it was reaped. False if it has logged in
 * meanwhile, and goes on. */
bool children_drop(struct child *);

/* Takes the one that has ended, if there is any, out of the table, and fills in
 * how it ended (wait(2)), and what it has said before. False if none has. */
bool children_reap(struct children *, struct child *ended, int *status);

/* Whether it ended by a signal that a defect sends. */
bool children_is_crash(int status);

/* Fills `polls` with the channels of those that may say something; how many,
 * which are at most `room` of the table. */
size_t children_polls(const struct children *, struct pollfd *polls);

/* A channel can be read: takes what its child has said. */
void children_heard(struct children *, int channel);

#endif
