/*
 * The file of imported unique ids (imported.h) beside a mailbox, in the state
 * directory. The service user makes it: a new file, a sync, its name. So there
 * is the old table, or the new one, and for sure the new one when the directory
 * was synced, which is done once for many. Sessions only drop rows from it.
 */
#ifndef MAILDROP_CONTROL_IDS_H
#define MAILDROP_CONTROL_IDS_H

#include <stdbool.h>

/* Opens the file of the mailbox of that name. ENOENT if there is none. */
int control_ids_open(int directory, const char *name);

/* A draft for the mailbox at `path`, empty, whose session lock is held; -1
 * after a log line. */
int control_ids_draft(const char *state, const char *path);

/* The draft, open as `fd`, takes the place of what was there; or is removed, as
 * it is in the former case if that fails. False after a log line. */
bool control_ids_replace(const char *state, const char *path, int fd);
void control_ids_discard(const char *state, const char *path);

/* Makes all that was replaced durable. False after a log line. */
bool control_ids_settle(const char *state);

#endif
