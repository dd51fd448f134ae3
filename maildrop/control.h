/*
 * Control files: what is kept beside a mailbox, in the state directory, which
 * only the service user may enter. They are opened before we become the
 * account, and used through their descriptors after.
 *
 *	session		its lock is the session lock, which keeps a second
 *			session out and dies with the process; its content are
 *			the ordinals of messages of equal content (DESIGN.md,
 *			"UIDL"): if it is lost, only their unique ids move
 *	redo log	the store's: what a crash has interrupted. Its name is
 *			on the disk before it is used
 *	cache		the store's: what may be lost
 *	ids		those that were imported (imported.h), if any were: if
 *			it is lost, clients download those messages once more
 */
#ifndef MAILDROP_CONTROL_H
#define MAILDROP_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "maildrop/control_kind.h"
#include "maildrop/status.h"

struct control;

/* As an owner: not known. */
#define CONTROL_OWNER_UNKNOWN ((uid_t)-1)

/*
 * Opens, or makes, the files for the mailbox at `path`, whichever path that is,
 * and takes the session lock: IN_USE at once if another has it. Notes whose
 * mailbox it is, if that is known. TEMPORARY, FULL and DAMAGED come after a log
 * line.
 */
enum maildrop_status control_open(const char *directory, const char *path,
    const struct control_kind *, uid_t owner, struct control **);

/* Whose mailbox it is, as the service user noted it: the account's process can
 * write to the three files, but not this. */
uid_t control_owner(const struct control *);

/* The files, which stay the control's. The cache is -1 if it cannot be
 * opened, the ids if there is no such file. */
int control_session(const struct control *);
int control_redo_log(const struct control *);
int control_cache(const struct control *);
int control_ids(const struct control *);

/* Closes and so unlocks; NULL is fine. */
void control_close(struct control *);

/*
 * Calls `each` with the path of every mailbox that has a redo log of that
 * kind, and whether there is nothing in it. False after a log line.
 */
bool control_each(const char *directory, const struct control_kind *,
    void (*each)(void *context, const char *path, bool is_empty),
    void *context);

#endif
