#include "maildrop/mbox/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

/* How often a mailbox may be replaced while we open it. */
#define OPEN_TRIES 3

/* A change within this time of another may leave the file's times as they
 * were: the clock that stamps files ticks 100 times a second at the slowest,
 * and some file systems keep whole seconds, or every other one. */
#define STAMP_TICK_NANOSECONDS 20000000
#define STAMP_WHOLE_NANOSECONDS 2100000000

enum maildrop_status
mbox_file_failed(const struct mbox_file *file, const char *what)
{
	int error = errno;

	log_note(LOG_ERR, "cannot %s %s: %s", what, file->path,
	    strerror(error));
	return maildrop_status_of(error);
}

enum maildrop_status
mbox_file_refused(const struct mbox_file *file, const char *why)
{
	log_note(LOG_ERR, "refusing mailbox %s: %s", file->path, why);
	return MAILDROP_DAMAGED;
}

/* Whose it is, and whose it should be. */
static enum maildrop_status
refuse_owner(const struct mbox_file *file, const struct stat *status)
{
	char why[96];

	snprintf(why, sizeof(why), "belongs to another user: uid %lu, and not "
	    "%lu: chown it", (unsigned long)status->st_uid,
	    (unsigned long)file->owner);
	return mbox_file_refused(file, why);
}

/* Why it cannot be opened for reading and writing. */
static enum maildrop_status
refuse_access(const struct mbox_file *file)
{
	struct stat status;
	char why[96];

	if (fstatat(file->directory, file->name, &status,
	    AT_SYMLINK_NOFOLLOW) == -1)
		return mbox_file_refused(file, "its directory is closed to its "
		    "owner");
	if (status.st_uid != file->owner)
		return refuse_owner(file, &status);
	snprintf(why, sizeof(why), "its owner may not read and write it: mode "
	    "%03o", (unsigned)status.st_mode & 0777);
	return mbox_file_refused(file, why);
}

/* Only a plain file of the account's own that nobody else may change at will,
 * and that has no second name. */
static enum maildrop_status
check_file(const struct mbox_file *file, const struct stat *status)
{
	if (!S_ISREG(status->st_mode))
		return mbox_file_refused(file, "not a regular file");
	if (status->st_uid != file->owner)
		return refuse_owner(file, status);
	if ((status->st_mode & S_IWOTH) != 0)
		return mbox_file_refused(file, "everybody may write to it: "
		    "chmod o-w it");
	if (status->st_nlink > 1)
		return mbox_file_refused(file, "has more than one link");
	return MAILDROP_OK;
}

static enum maildrop_status
open_directory(struct mbox_file *file)
{
	const char *slash = strrchr(file->path, '/');
	char *path;

	assert(slash != NULL);
	file->name = slash + 1;
	path = strndup(file->path, (size_t)(file->name - file->path));
	if (path == NULL)
		return mbox_file_failed(file, "open");
	file->directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	free(path);
	return file->directory != -1 ? MAILDROP_OK
	    : mbox_file_failed(file, "open the directory of");
}

/* O_NONBLOCK: a FIFO must not make us wait. A missing file leaves fd -1. */
static enum maildrop_status
open_file(struct mbox_file *file)
{
	struct stat status;

	file->fd = openat(file->directory, file->name, O_RDWR | O_NOFOLLOW |
	    O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (file->fd == -1) {
		switch (errno) {
		case ENOENT:
			return MAILDROP_OK;
		case ELOOP:
			return mbox_file_refused(file, "is a symbolic link");
		case EACCES:
			return refuse_access(file);
		case EISDIR:
		case ENXIO:
			return mbox_file_refused(file, "not a regular file");
		default:
			return mbox_file_failed(file, "open");
		}
	}
	if (fstat(file->fd, &status) == -1)
		return mbox_file_failed(file, "stat");
	return check_file(file, &status);
}

static enum maildrop_status
take_lock(struct mbox_file *file, bool is_durable)
{
	struct stat named, opened;
	enum maildrop_status status = lock_take(&file->lock, is_durable);

	if (status != MAILDROP_OK)
		return status;
	if (fstat(file->fd, &opened) == -1 ||
	    fstatat(file->directory, file->name, &named,
	    AT_SYMLINK_NOFOLLOW) == -1 ||
	    named.st_dev != opened.st_dev || named.st_ino != opened.st_ino)
		status = MAILDROP_CHANGED;
	else
		status = check_file(file, &opened);
	if (status != MAILDROP_OK)
		lock_drop(&file->lock);
	return status;
}

enum maildrop_status
mbox_file_lock(struct mbox_file *file, bool is_durable)
{
	return take_lock(file, is_durable);
}

void
mbox_file_unlock(struct mbox_file *file)
{
	lock_drop(&file->lock);
}

static enum maildrop_status
open_and_prepare(struct mbox_file *file)
{
	enum maildrop_status status = open_file(file);

	if (status != MAILDROP_OK || file->fd == -1)
		return status;
	file->lock.fd = file->fd;
	return lock_prepare(&file->lock);
}

static void
close_file(struct mbox_file *file)
{
	if (file->fd == -1)
		return;
	lock_end(&file->lock);
	close(file->fd);
	file->fd = file->lock.fd = -1;
}

enum maildrop_status
mbox_file_open(struct mbox_file *file, const char *path, uid_t owner,
    int session, const char *boot)
{
	enum maildrop_status status;

	*file = (struct mbox_file){
		.path = path, .owner = owner, .directory = -1, .fd = -1
	};
	status = open_directory(file);
	if (status != MAILDROP_OK)
		return status;
	lock_init(&file->lock, path, file->directory, session, boot);
	return open_and_prepare(file);
}

enum maildrop_status
mbox_file_open_to_look(struct mbox_file *file, const char *path, uid_t owner)
{
	enum maildrop_status status;

	*file = (struct mbox_file){
		.path = path, .owner = owner, .directory = -1, .fd = -1
	};
	status = open_directory(file);
	if (status != MAILDROP_OK)
		return status;
	lock_init(&file->lock, path, file->directory, -1, "");
	return open_file(file);
}

bool
mbox_file_describe_dotlock(const char *path, struct strbuf *text,
    int64_t *seconds)
{
	struct mbox_file file = { .path = path, .directory = -1, .fd = -1 };
	const struct dotlock_place *place = &file.lock.dotlock.place;
	struct stat status;
	bool is_there;

	if (open_directory(&file) != MAILDROP_OK)
		return false;
	lock_init(&file.lock, path, file.directory, -1, "");
	is_there = fstatat(place->directory, place->name, &status,
	    AT_SYMLINK_NOFOLLOW) == 0 && dotlock_describe(place, text);
	if (is_there)
		*seconds = time(NULL) - status.st_mtime;
	mbox_file_close(&file);
	return is_there;
}

bool
mbox_file_has_stale_dotlock(const char *path, int session, const char *boot)
{
	struct mbox_file file = { .path = path, .directory = -1, .fd = -1 };
	bool is_stale;

	if (open_directory(&file) != MAILDROP_OK)
		return false;
	lock_init(&file.lock, path, file.directory, session, boot);
	is_stale = dotlock_is_stale(&file.lock.dotlock.place, false);
	mbox_file_close(&file);
	return is_stale;
}

enum maildrop_status
mbox_file_lock_first(struct mbox_file *file, bool is_durable)
{
	enum maildrop_status status = take_lock(file, is_durable);

	for (int tries = 1; status == MAILDROP_CHANGED && tries < OPEN_TRIES;
	    tries++) {
		close_file(file);
		status = open_and_prepare(file);
		if (file->fd == -1)
			return status;
		if (status == MAILDROP_OK)
			status = take_lock(file, is_durable);
	}
	return status == MAILDROP_OK ? lock_prepare(&file->lock) : status;
}

void
mbox_file_close(struct mbox_file *file)
{
	close_file(file);
	if (file->directory != -1)
		close(file->directory);
	file->directory = -1;
}

/* --- stamps ------------------------------------------------------------- */

static int64_t
nanoseconds(struct timespec time)
{
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

bool
mbox_file_stamp(const struct mbox_file *file, struct mbox_stamp *stamp)
{
	struct timespec now;
	struct stat status;

	if (clock_gettime(CLOCK_REALTIME, &now) == -1 ||
	    fstat(file->fd, &status) == -1)
		return false;
	*stamp = (struct mbox_stamp){
		.device = status.st_dev,
		.inode = status.st_ino,
		.size = status.st_size,
		.modified = status.st_mtim,
		.changed = status.st_ctim,
		/* nobody can set this one back */
		.is_settled = nanoseconds(now) - nanoseconds(status.st_ctim) >
		    (status.st_ctim.tv_nsec == 0 ? STAMP_WHOLE_NANOSECONDS
		    : STAMP_TICK_NANOSECONDS),
	};
	return true;
}

bool
mbox_stamp_equal(const struct mbox_stamp *a, const struct mbox_stamp *b)
{
	return a->device == b->device && a->inode == b->inode &&
	    a->size == b->size &&
	    nanoseconds(a->modified) == nanoseconds(b->modified) &&
	    nanoseconds(a->changed) == nanoseconds(b->changed);
}

bool
mbox_stamp_holds(const struct mbox_stamp *then, const struct mbox_stamp *now)
{
	return then->is_settled && mbox_stamp_equal(then, now);
}
