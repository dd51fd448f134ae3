#include "maildrop/control_ids.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "maildrop/control_files.h"

#define DRAFT_SUFFIX "%newuids"

#define FLAGS (O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)

int
control_ids_open(int directory, const char *name)
{
	const struct control_name ids = control_file(name, IDS_SUFFIX);

	return openat(directory, ids.at, FLAGS);
}

/* The state directory, and what the mailbox's files are called there; -1 after
 * a log line. */
static int
find(const char *state, const char *path, char name[CONTROL_NAME_SIZE])
{
	char resolved[PATH_MAX];
	int directory = -1;

	if (control_name_resolve(path, resolved)) {
		control_name_make(resolved, name);
		directory = fd_open_private(state);
	}
	if (directory == -1)
		control_failed("find the control files of", path);
	return directory;
}

int
control_ids_draft(const char *state, const char *path)
{
	char name[CONTROL_NAME_SIZE];
	int directory = find(state, path, name), fd;

	if (directory == -1)
		return -1;
	fd = openat(directory, control_file(name, DRAFT_SUFFIX).at,
	    FLAGS | O_CREAT | O_TRUNC, 0600);
	if (fd == -1)
		control_failed("make the imported ids of", path);
	close(directory);
	return fd;
}

bool
control_ids_replace(const char *state, const char *path, int fd)
{
	char name[CONTROL_NAME_SIZE];
	int directory = find(state, path, name);
	bool done;

	if (directory == -1)
		return false;
	done = fd_sync(fd) && renameat(directory, control_file(name,
	    DRAFT_SUFFIX).at, directory, control_file(name, IDS_SUFFIX).at)
	    == 0;
	if (!done)
		control_failed("write the imported ids of", path);
	close(directory);
	if (!done)
		control_ids_discard(state, path);
	return done;
}

void
control_ids_discard(const char *state, const char *path)
{
	char name[CONTROL_NAME_SIZE];
	int directory = find(state, path, name);

	if (directory == -1)
		return;
	unlinkat(directory, control_file(name, DRAFT_SUFFIX).at, 0);
	close(directory);
}

bool
control_ids_settle(const char *state)
{
	int directory = fd_open_private(state);
	bool done = directory != -1 && fd_sync(directory);

	if (!done)
		control_failed("sync state directory", state);
	if (directory != -1)
		close(directory);
	return done;
}
