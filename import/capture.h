/*
 * What servers answer to UIDL and LIST, in a directory with a file for each
 * user: taken from there, or written there. A new file has its name when it is
 * whole and on the disk.
 */
#ifndef IMPORT_CAPTURE_H
#define IMPORT_CAPTURE_H

#include <stdbool.h>

#include "maildrop.h"

/* The answers, NUL-terminated, which the caller frees; NULL after a log
 * line. */
char *capture_read(const char *directory, const char *name);

/* A draft, as the service user; -1 after a log line. It gets the user's name,
 * or is removed if it is not good. Either says false after a log line. */
int capture_draft(const char *directory, const char *name);
bool capture_close(const char *directory, const char *name, int draft,
    bool is_good);

/* Writes what we answer, of a maildrop that was loaded. */
bool capture_write(const struct maildrop *, int draft);

#endif
