/*
 * What control.c and control_upgrade.c share: files in the state directory,
 * which are open as `directory`.
 *
 * -1 and false come with errno and after a log line, where no other is said.
 */
#ifndef MAILDROP_CONTROL_FILES_H
#define MAILDROP_CONTROL_FILES_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "maildrop/control_name.h"
#include "maildrop/status.h"

/* What follows a mailbox's name in that of each file that is no driver's. */
#define ASIDE_SUFFIX "%aside"
#define IDS_SUFFIX "%uids"
#define OWNER_SUFFIX "%owner"
#define PATH_SUFFIX "%path"

/* What a file is called: the name of the mailbox and a suffix. */
struct control_name {
	char at[CONTROL_NAME_SIZE + CONTROL_SUFFIX_MAX];
};
struct control_name control_file(const char *name, const char *suffix);

/* Logs what failed, with errno, and leaves that as it is. */
void control_failed(const char *what, const char *name);

/* The size of a file; -1 if there is none, without a log line. */
off_t control_size(int directory, const char *name);

/* Takes the session lock. IN_USE at once if another has it. */
enum maildrop_status control_lock(int fd, const char *name);

/* The path that was noted for a digest; ENOENT if none was, EEXIST if it is
 * too long. */
bool control_noted_path(int directory, const char *name,
    char path[PATH_MAX]);

/* Whether the name is that of the path; else, without a log line, ENOENT if
 * none was noted, EEXIST if another was. */
bool control_is_name_of(int directory, const char *name, const char *path);

#endif
