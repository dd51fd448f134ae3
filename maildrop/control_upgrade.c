#include "maildrop/control_upgrade.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "maildrop/control_content.h"
#include "maildrop/control_files.h"

/*
 * Version 0.1 named the files after the path that was configured, links and
 * all. What has such a name is taken over by the first who comes by that path,
 * or by --recover; the redo log last, for it tells that there is something to
 * take over.
 */

/* Gives a file its new name if none has that. */
static bool
move_file(int directory, const char *from, const char *to, const char *suffix)
{
	const struct control_name old = control_file(from, suffix);
	const struct control_name new = control_file(to, suffix);

	if (control_size(directory, new.at) != -1 ||
	    renameat(directory, old.at, directory, new.at) == 0 ||
	    errno == ENOENT)
		return true;
	control_failed("rename", old.at);
	return false;
}

/* Of two interrupted updates, the one that others saw is finished first. */
static bool
move_redo_log(int directory, const struct control_kind *kind, const char *from,
    const char *to)
{
	const struct control_name old = control_file(from, kind->redo_log);
	const struct control_name new = control_file(to, kind->redo_log);
	bool is_empty = control_size(directory, old.at) == 0;

	if (!is_empty && control_size(directory, new.at) > 0) {
		log_note(LOG_WARNING, "an interrupted update stays in %s until "
		    "the next login: another one comes first", old.at);
		return true;
	}
	if ((is_empty ? unlinkat(directory, old.at, 0)
	    : renameat(directory, old.at, directory, new.at)) == 0 &&
	    fd_sync(directory))
		return true;
	control_failed("take over", old.at);
	return false;
}

/* The ordinals, unless there are some. */
static void
move_content(int session, int old)
{
	size_t length;
	char *content = control_content_read(session, &length);

	if (content == NULL) {
		content = control_content_read(old, &length);
		if (content != NULL)
			control_content_write(session, content, length);
	}
	free(content);
}

/* Takes over what is named `from`, but for the content; both session locks are
 * held. */
static bool
take_over(int directory, const struct control_kind *kind, const char *from,
    const char *to)
{
	if (!move_file(directory, from, to, OWNER_SUFFIX) ||
	    !move_file(directory, from, to, ASIDE_SUFFIX))
		return false;
	unlinkat(directory, control_file(from, OWNER_SUFFIX).at, 0);
	unlinkat(directory, control_file(from, kind->cache).at, 0);
	unlinkat(directory, from, 0);
	return move_redo_log(directory, kind, from, to);
}

/* The file whose lock is the session lock of before: -1 if there is none. */
static int
open_old(int directory, const char *from)
{
	return openat(directory, from, O_RDWR | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);
}

enum maildrop_status
control_take_over(int session, int directory, const struct control_kind *kind,
    const char *path, const char *to)
{
	enum maildrop_status status = MAILDROP_OK;
	char from[CONTROL_NAME_SIZE];
	int old;

	control_name_make(path, from);
	if (strcmp(from, to) == 0 ||
	    control_size(directory,
	    control_file(from, kind->redo_log).at) == -1 ||
	    !control_is_name_of(directory, from, path))
		return MAILDROP_OK;
	old = open_old(directory, from);
	if (old != -1)
		status = control_lock(old, from);
	if (status == MAILDROP_OK) {
		if (old != -1)
			move_content(session, old);
		if (!take_over(directory, kind, from, to))
			status = maildrop_status_of(errno);
	}
	if (old != -1)
		close(old);
	return status;
}
