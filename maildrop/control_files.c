#include "maildrop/control_files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/strbuf.h"

struct control_name
control_file(const char *name, const char *suffix)
{
	struct control_name whole = { "" };
	struct strbuf text = strbuf_init(whole.at, sizeof(whole.at));

	strbuf_add(&text, name, strlen(name));
	strbuf_add(&text, suffix, strlen(suffix));
	return whole;
}

void
control_failed(const char *what, const char *name)
{
	int error = errno;

	log_note(LOG_ERR, "cannot %s %s: %s", what, name, strerror(error));
	errno = error;
}

enum maildrop_status
control_lock(int fd, const char *name)
{
	if (fd_lock(fd))
		return MAILDROP_OK;
	if (errno == EAGAIN)
		return MAILDROP_IN_USE;
	control_failed("lock control file", name);
	return MAILDROP_TEMPORARY;
}

off_t
control_size(int directory, const char *name)
{
	struct stat status;

	return fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0
	    ? status.st_size : -1;
}

bool
control_noted_path(int directory, const char *name, char path[PATH_MAX])
{
	const struct control_name link = control_file(name, PATH_SUFFIX);
	ssize_t length = readlinkat(directory, link.at, path, PATH_MAX);

	if (length == -1)
		return false;
	if (length == PATH_MAX) {
		errno = EEXIST;		/* no mailbox of ours has such a path */
		return false;
	}
	path[length] = '\0';
	return true;
}

bool
control_is_name_of(int directory, const char *name, const char *path)
{
	char noted[PATH_MAX];

	if (!control_name_is_digest(name))
		return true;
	if (!control_noted_path(directory, name, noted))
		return false;
	errno = EEXIST;
	return strcmp(noted, path) == 0;
}
