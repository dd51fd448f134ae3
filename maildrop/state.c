#include "maildrop/state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"

#define CONTENT_MAX (64 << 20)

/* "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n", the digest of what follows. */
#define SEAL_LENGTH 33

struct state {
	int fd;
};

/*
 * The name of the state file: the mailbox's path with '/' as '!', and '!', '%'
 * and what is not graphic ASCII as %XX, so that no two paths share a name.
 */
static bool
file_name(const char *path, char name[NAME_MAX + 1])
{
	struct text text = text_over(name, NAME_MAX + 1);

	for (; *path != '\0'; path++) {
		if (*path == '/')
			text_add(&text, "!", 1);
		else if (*path == '!' || *path == '%' ||
		    !text_is_graphic(path, 1))
			text_format(&text, "%%%02X",
			    (unsigned)(unsigned char)*path);
		else
			text_add(&text, path, 1);
	}
	return !text.cut;
}

/* Makes the directory, and those above it, for us alone. */
static int
open_directory(const char *path)
{
	char part[PATH_MAX];
	struct text text = text_over(part, sizeof(part));
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd != -1 || errno != ENOENT)
		return fd;
	for (const char *at = path; *at != '\0'; at++) {
		if (*at == '/' && at > path)
			mkdir(part, 0700);
		text_add(&text, at, 1);
	}
	mkdir(part, 0700);
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* Whether nobody else can put files there. */
static bool
is_private(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && status.st_uid == geteuid() &&
	    (status.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

static int
open_file(const char *directory, const char *name)
{
	int parent = open_directory(directory);
	int fd = -1;

	if (parent == -1) {
		log_note(LOG_ERR, "cannot open state directory %s: %s",
		    directory, strerror(errno));
		return -1;
	}
	if (!is_private(parent)) {
		log_note(LOG_ERR, "state directory %s must belong to uid %lu "
		    "and be of mode 700", directory,
		    (unsigned long)geteuid());
	} else {
		fd = openat(parent, name, O_RDWR | O_CREAT | O_NOFOLLOW |
		    O_NONBLOCK | O_CLOEXEC, 0600);
		if (fd == -1)
			log_note(LOG_ERR, "cannot open %s/%s: %s", directory,
			    name, strerror(errno));
	}
	close(parent);
	return fd;
}

static enum maildrop_status
take_lock(int fd, const char *name)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_OFD_SETLK, &whole) == 0)
		return MAILDROP_OK;
	if (errno == EAGAIN || errno == EACCES)
		return MAILDROP_IN_USE;
	log_note(LOG_ERR, "cannot lock state file %s: %s", name,
	    strerror(errno));
	return MAILDROP_TEMPORARY;
}

enum maildrop_status
state_open(const char *directory, const char *path, struct state **state)
{
	char name[NAME_MAX + 1];
	struct state *opened;
	enum maildrop_status status;
	int fd;

	if (!file_name(path, name)) {
		log_note(LOG_ERR, "mailbox path too long: %s", path);
		return MAILDROP_DAMAGED;
	}
	fd = open_file(directory, name);
	if (fd == -1)
		return MAILDROP_TEMPORARY;
	status = take_lock(fd, name);
	opened = status == MAILDROP_OK ? malloc(sizeof(*opened)) : NULL;
	if (opened == NULL) {
		close(fd);
		return status == MAILDROP_OK ? MAILDROP_TEMPORARY : status;
	}
	opened->fd = fd;
	*state = opened;
	return MAILDROP_OK;
}

void
state_close(struct state *state)
{
	if (state == NULL)
		return;
	close(state->fd);
	free(state);
}

static void
seal(const char *content, size_t length, char at[SEAL_LENGTH + 1])
{
	struct digest digest = digest_of(content, length);

	snprintf(at, SEAL_LENGTH + 1, "%016" PRIx64 "%016" PRIx64 "\n",
	    digest.high, digest.low);
}

char *
state_read(const struct state *state, size_t *length)
{
	char expected[SEAL_LENGTH + 1];
	size_t all;
	char *content = fd_read_file(state->fd, CONTENT_MAX, &all);

	if (content == NULL)
		return NULL;
	if (all < SEAL_LENGTH)
		goto damaged;
	seal(content + SEAL_LENGTH, all - SEAL_LENGTH, expected);
	if (memcmp(content, expected, SEAL_LENGTH) != 0)
		goto damaged;
	*length = all - SEAL_LENGTH;
	memmove(content, content + SEAL_LENGTH, *length + 1);
	return content;
damaged:
	free(content);
	return NULL;
}

bool
state_write(const struct state *state, const char *content, size_t length)
{
	char line[SEAL_LENGTH + 1];

	seal(content, length, line);
	if (ftruncate(state->fd, 0) == 0 &&
	    fd_write_at(state->fd, line, SEAL_LENGTH, 0) &&
	    fd_write_at(state->fd, content, length, SEAL_LENGTH))
		return true;
	log_note(LOG_WARNING, "cannot write the state file: %s",
	    strerror(errno));
	return false;
}
