/*
 * A moment on the monotonic clock by which something must have happened.
 *
 * Deadlines are absolute, so that a peer who sends one octet now and then
 * earns no more time with each.
 */
#ifndef BASE_DEADLINE_H
#define BASE_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

struct deadline {
	int64_t nanoseconds;	/* CLOCK_MONOTONIC */
};

/* The moment `milliseconds` from now. */
struct deadline deadline_in(int64_t milliseconds);

/* Milliseconds left, rounded up and at most INT_MAX, as poll(2) wants; 0
 * once it has passed. */
int deadline_left(struct deadline);

bool deadline_is_past(struct deadline);

/* The first of `by`, and of the moments whole steps of `milliseconds` after it,
 * that has not passed. */
struct deadline deadline_in_steps(struct deadline by, int64_t milliseconds);

/* Sleeps until the deadline, or for `milliseconds` if that is sooner. */
void deadline_sleep(struct deadline, int64_t milliseconds);

/* Sleeps until the deadline has passed. */
void deadline_await(struct deadline);

/* Seconds on the monotonic clock, for durations. */
double deadline_clock(void);

#endif
