/*
 * What the control files of a mailbox are called: after the place where it
 * really is, so that a mailbox which has two paths has one set of them.
 */
#ifndef MAILDROP_CONTROL_NAME_H
#define MAILDROP_CONTROL_NAME_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* Room for a name that may still get a suffix of CONTROL_SUFFIX_MAX octets. No
 * name has such a suffix itself: in it '%' is followed by two digits. */
#define CONTROL_SUFFIX_MAX 8
#define CONTROL_NAME_SIZE (NAME_MAX + 1 - CONTROL_SUFFIX_MAX)

/*
 * The path of the mailbox at `path` without links, "." and "..": the last part
 * stays, as a mailbox is no link. A link is followed if root or we have made
 * it. Where one is anybody else's, or what it is cannot be told, because a home
 * is closed to us or is not mounted, the rest of the path stays as it is. False
 * if it does not fit.
 */
bool control_name_resolve(const char *path, char resolved[PATH_MAX]);

/*
 * The name for a path: the path with '/' as '!', and '!', '%' and what is not
 * graphic ASCII as %XX, so that no two paths share a name. One that would be
 * too long is a digest instead: whoever uses it makes sure whose it is.
 */
void control_name_make(const char *path, char name[CONTROL_NAME_SIZE]);
bool control_name_is_digest(const char *name);

/* The path that the first `length` octets of a name that is no digest were made
 * from; false if it is no such name. */
bool control_name_path(const char *name, size_t length, char path[PATH_MAX]);

#endif
