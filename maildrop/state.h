/*
 * What we keep beside a maildrop, in a directory that only the service user
 * may enter: three files for each mailbox, opened before we become the account
 * and used through the descriptors after. One is the redo log, one the index.
 * Of the third:
 *
 * Its lock is the session lock: it keeps a second session out and dies with
 * the process. Its content names the ordinals of messages of equal content
 * (DESIGN.md, "UIDL"); if it is lost or damaged, only their unique ids move.
 */
#ifndef MAILDROP_STATE_H
#define MAILDROP_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "maildrop/mbox/redo_log.h"
#include "maildrop/status.h"

struct state;

/* As an owner: not known. */
#define STATE_OWNER_UNKNOWN ((uid_t)-1)

/*
 * Opens, or makes, the files for the mailbox at `path`, whichever path that is,
 * and takes the session lock: IN_USE at once if another has it. Notes whose
 * mailbox it is, if that is known. TEMPORARY, FULL and DAMAGED come after a log
 * line.
 */
enum maildrop_status state_open(const char *directory, const char *path,
    uid_t owner, struct state **state);

/* Whose mailbox it is, as the service user noted it: the account's process can
 * write to the three files, and so to the redo log, but not this. */
uid_t state_owner(const struct state *);

/* Closes and so unlocks; NULL is fine. */
void state_close(struct state *);

/* The file whose lock is the session lock; the state's. */
int state_session(const struct state *);

/* The redo log and the index's file, which stay the state's. Of the index -1 if
 * it cannot be opened. */
struct redo_log *state_redo_log(const struct state *);
int state_index(const struct state *);

/*
 * Calls `each` with the path of every mailbox that has a redo log, and whether
 * there is nothing in it. False after a log line.
 */
bool state_each_redo_log(const char *directory,
    void (*each)(void *context, const char *path, bool is_empty),
    void *context);

/* The content, which the caller frees, NUL-terminated; NULL if there is none
 * or it is damaged. */
char *state_read(const struct state *, size_t *length);

/* Replaces the content. A crash inside leaves it damaged. False after a log
 * line. */
bool state_write(const struct state *, const char *content, size_t length);

#endif
