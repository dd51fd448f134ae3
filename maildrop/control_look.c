#include "maildrop/control_look.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "maildrop/control.h"
#include "maildrop/control_files.h"

static int
open_to_look(int directory, const char *name)
{
	return openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);
}

/* Whether a session has the lock of its file, which is open. */
static bool
is_locked(int fd)
{
	struct flock other = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_GETLK, &other) == 0 && other.l_type != F_UNLCK;
}

/* False with errno if the session file is not there, or not to be read. */
static bool
look_at_session(int directory, const char *name, struct control_look *look)
{
	int fd = open_to_look(directory, name);
	struct stat status;

	if (fd == -1)
		return false;
	if (fstat(fd, &status) == 0) {
		look->device = status.st_dev;
		look->inode = status.st_ino;
	}
	look->is_there = true;
	look->is_in_use = is_locked(fd);
	close(fd);
	return true;
}

static bool
look_in(int directory, const char *name, const struct control_kind *kind,
    struct control_look *look)
{
	if (!look_at_session(directory, name, look))
		return errno == ENOENT;
	look->is_interrupted = control_size(directory,
	    control_file(name, kind->redo_log).at) > 0;
	look->is_set_aside = control_size(directory,
	    control_file(name, ASIDE_SUFFIX).at) != -1;
	look->has_imported = control_size(directory,
	    control_file(name, IDS_SUFFIX).at) > 0;
	look->cache = open_to_look(directory,
	    control_file(name, kind->cache).at);
	return true;
}

bool
control_look(const char *directory, const char *path,
    const struct control_kind *kind, struct control_look *look)
{
	char resolved[PATH_MAX], name[CONTROL_NAME_SIZE];
	int fd, error;
	bool done;

	*look = (struct control_look){ .cache = -1 };
	if (!control_name_resolve(path, resolved)) {
		errno = ENAMETOOLONG;
		return false;
	}
	control_name_make(resolved, name);
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return errno == ENOENT;
	done = look_in(fd, name, kind, look);
	error = errno;
	close(fd);
	errno = error;
	return done;
}

struct caller {
	void (*each)(void *context, const char *path, bool is_set_aside);
	void *context;
	bool is_set_aside;
};

static void
pass_on(void *context, const char *path, bool is_empty)
{
	const struct caller *caller = context;

	if (!is_empty || caller->is_set_aside)
		caller->each(caller->context, path, caller->is_set_aside);
}

bool
control_each_waiting(const char *directory, const struct control_kind *kind,
    void (*each)(void *context, const char *path, bool is_set_aside),
    void *context)
{
	const struct control_kind aside = { .redo_log = ASIDE_SUFFIX };
	struct caller caller = { each, context, false };

	if (!control_each(directory, kind, pass_on, &caller))
		return false;
	caller.is_set_aside = true;
	return control_each(directory, &aside, pass_on, &caller);
}
