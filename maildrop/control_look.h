/* What control files tell whoever only looks: nothing is made, changed or
 * locked. */
#ifndef MAILDROP_CONTROL_LOOK_H
#define MAILDROP_CONTROL_LOOK_H

#include <stdbool.h>
#include <sys/types.h>

#include "maildrop/control_kind.h"

struct control_look {
	bool is_there;		/* somebody has logged in before; if so: */
	dev_t device;		/* the session file */
	ino_t inode;
	bool is_in_use;		/* a session has its lock */
	bool is_interrupted;	/* there is something in the redo log, which is
				   a session's own while that goes on */
	bool is_set_aside;	/* there is a redo log for a human */
	bool has_imported;	/* there are imported unique ids */
	int cache;		/* open for reading, the caller's; or -1 */
};

/* False with errno if that cannot be told. */
bool control_look(const char *directory, const char *path,
    const struct control_kind *, struct control_look *);

/* A control_each (control.h) of what waits: of the redo logs in which there is
 * something, and of those that were set aside. */
bool control_each_waiting(const char *directory, const struct control_kind *,
    void (*each)(void *context, const char *path, bool is_set_aside),
    void *context);

#endif
