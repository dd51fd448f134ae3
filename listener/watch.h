/*
 * Files that a listener was prepared from: when one of them is another one, or
 * is changed, the listener must be started anew.
 *
 *	watch_begin	before any of them is read
 *	  watch_add, watch_add_open	once it was
 *	watch_changed	any number of times
 */
#ifndef LISTENER_WATCH_H
#define LISTENER_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define WATCH_MAX 16

struct watched {
	const char *path;
	bool is_there;
	uint64_t device, inode, size;
	struct timespec modified, changed;
	bool was_changed;	/* since watch_begin, before it was watched */
};

struct watch {
	struct timespec began;
	size_t count;
	struct watched files[WATCH_MAX];
};

/* A change of what is watched later shows from now on, too. */
void watch_begin(struct watch *);

/* Watches `path`, where links lead, from now on; it stays the caller's. NULL is
 * fine, and so is a file that is not there. Of a link to what cannot be seen
 * the link itself is watched. */
void watch_add(struct watch *, const char *path);

/* The same of a file that was opened as `fd`, and may be another one by now; -1
 * is fine. */
void watch_add_open(struct watch *, const char *path, int fd);

/* The path of a file that is not as it was; NULL if all are. */
const char *watch_changed(const struct watch *);

#endif
