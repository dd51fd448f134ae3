#include "maildrop/mbox/dotlock_stale.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "base/boot.h"
#include "base/count.h"
#include "base/log.h"

struct found {
	struct stat status;
	struct dotlock_maker maker;
};

/* What there is to know of the dotlock; false if there is none. One that
 * cannot be opened says nothing of its maker. */
static bool
look(const struct dotlock_place *place, struct found *found)
{
	int fd = openat(place->directory, place->name, O_RDONLY | O_NOFOLLOW |
	    O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	/* of what was opened: the name may be another file's by now */
	bool known = fd != -1 ? fstat(fd, &found->status) == 0
	    : fstatat(place->directory, place->name, &found->status,
	    AT_SYMLINK_NOFOLLOW) == 0;

	found->maker = dotlock_maker_read(&place->self, fd);
	if (fd != -1)
		close(fd);
	return known;
}

bool
dotlock_exists(const char *path)
{
	char name[PATH_MAX + sizeof(".lock")];
	struct stat status;

	snprintf(name, sizeof(name), "%s.lock", path);
	return lstat(name, &status) == 0;
}

static bool
is_same_inode(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Whether nobody on another machine can have made a file there, or have it
 * open, unless this one exports it. What we do not know may be shared. */
static bool
is_local(int directory)
{
	static const unsigned long local[] = {
		EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC,
		TMPFS_MAGIC, F2FS_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC,
		REISERFS_SUPER_MAGIC, NILFS_SUPER_MAGIC,
		0x2fc12fc1,	/* ZFS */
		0x3153464a,	/* JFS */
		0xca451a4e,	/* bcachefs */
	};
	struct statfs status;

	if (fstatfs(directory, &status) == -1)
		return false;
	for (size_t i = 0; i < COUNT(local); i++)
		if ((unsigned long)status.f_type == local[i])
			return true;
	return false;
}

/* By the clock that stamps files there, where it can be had: a file server has
 * one of its own. The draft was made a moment ago, or earlier, which makes the
 * dotlock younger. */
static bool
is_old(const struct dotlock_place *place, const struct stat *status)
{
	struct stat draft;
	time_t now = place->draft != -1 && fstat(place->draft, &draft) == 0
	    ? draft.st_mtime : time(NULL);

	return now - status->st_mtime > DOTLOCK_STALE_SECONDS;
}

/* Whether it is the draft with a name that a killed session left: an empty one,
 * as the disk was full. */
static bool
is_left_draft(const struct dotlock_place *place, const struct stat *status)
{
	bool is_mine = place->draft != -1 && place->is_named;
	struct stat draft;

	return status->st_size == 0 && !is_mine &&
	    fstatat(place->directory, place->draft_name, &draft,
	    AT_SYMLINK_NOFOLLOW) == 0 && is_same_inode(status, &draft);
}

/* Its maker cannot have lived on since before this boot. */
static bool
is_of_old_boot(const struct dotlock_place *place, const struct found *found)
{
	const struct dotlock_maker *maker = &found->maker;

	/* a host may have another name since, and has the session lock still */
	if (maker->is_of_boot ||
	    (maker->is_of_another && !maker->is_of_session))
		return false;
	/* the change of the status, as nobody can set that time back */
	return boot_is_after(&found->status.st_ctim) &&
	    is_local(place->directory);
}

static bool
is_stale(const struct dotlock_place *place, const struct found *found,
    bool is_alone)
{
	const struct dotlock_maker *maker = &found->maker;
	bool is_known = maker->is_ours &&
	    (maker->is_of_boot || maker->is_of_host);

	if (!S_ISREG(found->status.st_mode))
		return false;
	if ((is_known && maker->is_of_session) ||
	    is_left_draft(place, &found->status))
		return true;
	if (is_alone && (is_known || is_old(place, &found->status)))
		return true;
	return is_of_old_boot(place, found);
}

bool
dotlock_is_stale(const struct dotlock_place *place, bool is_alone)
{
	struct found found;

	return look(place, &found) && is_stale(place, &found, is_alone);
}

bool
dotlock_is_alive(const struct dotlock_place *place)
{
	struct found found;

	return look(place, &found) && !is_stale(place, &found, true);
}

/* Whether the dotlock still is the file of which *status tells. */
static bool
is_same_file(const struct dotlock_place *place, const struct stat *status)
{
	struct stat now;

	/* an inode's number may be another file's soon */
	return fstatat(place->directory, place->name, &now,
	    AT_SYMLINK_NOFOLLOW) == 0 && is_same_inode(&now, status) &&
	    now.st_ctim.tv_sec == status->st_ctim.tv_sec &&
	    now.st_ctim.tv_nsec == status->st_ctim.tv_nsec;
}

void
dotlock_remove_stale(struct dotlock_place *place, bool is_alone)
{
	struct found found;

	if (!look(place, &found) || !is_stale(place, &found, is_alone) ||
	    !is_same_file(place, &found.status))
		return;
	if (unlinkat(place->directory, place->name, 0) == 0)
		log_note(LOG_WARNING, "removing stale lock %s.lock",
		    place->path);
	else if (!place->warned_stale)
		log_note(LOG_WARNING, "cannot remove stale lock %s.lock: %s",
		    place->path, strerror(errno));
	place->warned_stale = true;
}

void
dotlock_remove_draft(struct dotlock_place *place)
{
	struct stat draft;

	if (fstatat(place->directory, place->draft_name, &draft,
	    AT_SYMLINK_NOFOLLOW) == -1)
		return;
	dotlock_remove_stale(place, false);
	unlinkat(place->directory, place->draft_name, 0);
}

bool
dotlock_describe(const struct dotlock_place *place, struct strbuf *text)
{
	struct found found;
	struct tm since;
	char at[32];

	if (!look(place, &found))
		return false;
	strbuf_format(text, "dotlock %s.lock", place->path);
	if (found.maker.pid != 0)
		strbuf_format(text, " of process %" PRIu64, found.maker.pid);
	if (gmtime_r(&found.status.st_mtime, &since) != NULL && strftime(at,
	    sizeof(at), "%Y-%m-%d %H:%M:%S UTC", &since) > 0)
		strbuf_format(text, ", since %s", at);
	return true;
}
