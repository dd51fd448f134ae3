#include "maildrop/mbox/dotlock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "base/count.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"

#define OUR_NAME "pop3-handler"
#define CONTENT_MAX 512

/* Room for a name with what we append: too long a one shows as an error of the
 * system. */
#define NAME_SIZE (NAME_MAX + sizeof(".lock." OUR_NAME))

struct names {
	char dotlock[NAME_SIZE], draft[NAME_SIZE];
};

static struct names
names_of(const struct dotlock *d)
{
	struct names names;

	snprintf(names.dotlock, NAME_SIZE, "%s.lock", d->name);
	snprintf(names.draft, NAME_SIZE, "%s.lock." OUR_NAME, d->name);
	return names;
}

static bool
is_same_inode(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* --- content ------------------------------------------------------------ */

/* HOST, BOOT and SESSION of us; a boot that is not known is "-". */
static void
show_maker(const struct dotlock *d, struct strbuf *host, struct strbuf *rest)
{
	char name[HOST_NAME_MAX + 1] = "";

	gethostname(name, sizeof(name) - 1);
	strbuf_format(host, "%s", name);
	strbuf_format(rest, "%s %" PRIuMAX ":%" PRIuMAX,
	    d->boot[0] != '\0' ? d->boot : "-", (uintmax_t)d->session.st_dev,
	    (uintmax_t)d->session.st_ino);
}

static bool
write_content(const struct dotlock *d)
{
	char content[CONTENT_MAX], host[HOST_NAME_MAX + 1], rest[CONTENT_MAX];
	struct strbuf text = strbuf_init(content, sizeof(content));
	struct strbuf name = strbuf_init(host, sizeof(host));
	struct strbuf maker = strbuf_init(rest, sizeof(rest));

	show_maker(d, &name, &maker);
	strbuf_format(&text, "%ld\n" OUR_NAME " %s %s\n", (long)getpid(), host,
	    rest);
	return fd_write_at(d->draft, text.at, text.length, 0);
}

/* What a dotlock says of who made it. */
struct maker {
	uint64_t pid;		/* 0: it does not say */
	bool is_ours;		/* a process of this program's, */
	bool is_of_host;	/* of this host, */
	bool is_of_boot;	/* of this boot, */
	bool is_of_session;	/* with the session lock that we hold */
};

/* Takes the next word of a line; false if there is none. */
static bool
take_word(const char **at, char *word, size_t size)
{
	size_t length = strcspn(*at, " \n");
	struct strbuf text = strbuf_init(word, size);

	strbuf_add(&text, *at, length);
	*at += length + (size_t)((*at)[length] == ' ');
	return length > 0 && !text.truncated;
}

static void
judge_line(const struct dotlock *d, const char *line, struct maker *maker)
{
	char word[CONTENT_MAX], host[HOST_NAME_MAX + 1], rest[CONTENT_MAX];
	struct strbuf name = strbuf_init(host, sizeof(host));
	struct strbuf ours = strbuf_init(rest, sizeof(rest));

	show_maker(d, &name, &ours);
	maker->is_ours = take_word(&line, word, sizeof(word)) &&
	    strcmp(word, OUR_NAME) == 0;
	maker->is_of_host = maker->is_ours &&
	    take_word(&line, word, sizeof(word)) && strcmp(word, host) == 0;
	maker->is_of_boot = maker->is_ours && d->boot[0] != '\0' &&
	    strncmp(line, d->boot, BOOT_ID_SIZE - 1) == 0;
	maker->is_of_session = maker->is_of_boot &&
	    strncmp(line, rest, ours.length) == 0 && line[ours.length] == '\n';
}

static struct maker
read_maker(const struct dotlock *d, int fd)
{
	char content[CONTENT_MAX + 1];
	struct maker maker = { 0 };
	ssize_t length = fd == -1 ? -1
	    : fd_read_at(fd, content, CONTENT_MAX, 0);
	size_t first;

	if (length <= 0)
		return maker;
	content[length] = '\0';
	/* liblockfile's and mailutils' is a number, Dovecot's has ":HOST" */
	if (!text_number(content, strspn(content, "0123456789"), INT32_MAX,
	    &maker.pid))
		maker.pid = 0;
	first = strcspn(content, "\n");
	if (content[first] == '\n')
		judge_line(d, content + first + 1, &maker);
	return maker;
}

/* --- a dotlock that is there -------------------------------------------- */

struct found {
	struct stat status;
	struct maker maker;
};

/* What there is to know of the dotlock; false if there is none. One that
 * cannot be opened says nothing of its maker. */
static bool
look(const struct dotlock *d, const char *name, struct found *found)
{
	int fd = openat(d->directory, name, O_RDONLY | O_NOFOLLOW |
	    O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	/* of what was opened: the name may be another file's by now */
	bool known = fd != -1 ? fstat(fd, &found->status) == 0
	    : fstatat(d->directory, name, &found->status,
	    AT_SYMLINK_NOFOLLOW) == 0;

	found->maker = read_maker(d, fd);
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

/* Whether nobody on another machine can have made a file there, or have it
 * open. What we do not know may be shared. */
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

static bool
is_old(const struct stat *status)
{
	return time(NULL) - status->st_mtime > DOTLOCK_STALE_SECONDS;
}

/* Whether it is the draft with a name that a killed session left: an empty one,
 * as the disk was full. */
static bool
is_left_draft(const struct dotlock *d, const struct stat *status)
{
	struct names names = names_of(d);
	struct stat draft;

	return status->st_size == 0 && d->draft == -1 &&
	    fstatat(d->directory, names.draft, &draft,
	    AT_SYMLINK_NOFOLLOW) == 0 && is_same_inode(status, &draft);
}

static bool
is_dead(const struct dotlock *d, const struct found *found, bool is_alone)
{
	const struct maker *maker = &found->maker;
	const struct stat *status = &found->status;

	if (!S_ISREG(status->st_mode))
		return false;
	if (maker->is_of_session || is_left_draft(d, status))
		return true;
	if (is_alone && (is_old(status) ||
	    maker->is_of_boot || maker->is_of_host))
		return true;
	/* the change of the status, as nobody can set that time back */
	return !maker->is_of_boot && boot_is_after(&status->st_ctim) &&
	    is_local(d->directory);
}

bool
dotlock_is_dead(const struct dotlock *d, bool is_alone)
{
	struct names names = names_of(d);
	struct found found;

	return look(d, names.dotlock, &found) && is_dead(d, &found, is_alone);
}

/* Whether `name` still is the file of which *status tells. */
static bool
is_same_file(int directory, const char *name, const struct stat *status)
{
	struct stat now;

	/* an inode's number may be another file's soon */
	return fstatat(directory, name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	    is_same_inode(&now, status) &&
	    now.st_ctim.tv_sec == status->st_ctim.tv_sec &&
	    now.st_ctim.tv_nsec == status->st_ctim.tv_nsec;
}

void
dotlock_remove_dead(struct dotlock *d, bool is_alone)
{
	struct names names = names_of(d);
	struct found found;

	if (!look(d, names.dotlock, &found) || !is_dead(d, &found, is_alone) ||
	    !is_same_file(d->directory, names.dotlock, &found.status))
		return;
	if (unlinkat(d->directory, names.dotlock, 0) == 0)
		log_note(LOG_WARNING, "removing stale lock %s.lock", d->path);
	else if (!d->warned_stale)
		log_note(LOG_WARNING, "cannot remove stale lock %s.lock: %s",
		    d->path, strerror(errno));
	d->warned_stale = true;
}

bool
dotlock_describe(const struct dotlock *d, struct strbuf *text)
{
	struct names names = names_of(d);
	struct found found;
	struct tm since;
	char at[32];

	if (!look(d, names.dotlock, &found))
		return false;
	strbuf_format(text, "dotlock %s.lock", d->path);
	if (found.maker.pid != 0)
		strbuf_format(text, " of process %" PRIu64, found.maker.pid);
	if (gmtime_r(&found.status.st_mtime, &since) != NULL && strftime(at,
	    sizeof(at), "%Y-%m-%d %H:%M:%S UTC", &since) > 0)
		strbuf_format(text, ", since %s", at);
	return true;
}

/* --- the draft ---------------------------------------------------------- */

/* What came of a call that makes a lock. A directory without room for one more
 * file is like one in which we may make none. */
static enum lock_attempt
attempt_of(bool done)
{
	if (done)
		return LOCK_TAKEN;
	switch (errno) {
	case EEXIST:
	case EINTR:
		return LOCK_TAKEN_BY_OTHER;
	case EACCES:
	case EPERM:
	case EROFS:
	case ENOSPC:
	case EDQUOT:
		return LOCK_IMPOSSIBLE;
	default:
		return LOCK_FAILED;
	}
}

static void
show_link(const struct dotlock *d, char link[32])
{
	snprintf(link, 32, "/proc/self/fd/%d", d->draft);
}

static void
close_draft(struct dotlock *d)
{
	if (d->draft != -1)
		close(d->draft);
	d->draft = -1;
}

/* A file without a name, with its content. False with errno: there are no such
 * files, no way to give them a name later, or no room for the content. */
static bool
make_tmpfile(struct dotlock *d)
{
	struct stat status;
	char link[32];
	int error;

	d->is_named = false;
	d->draft = openat(d->directory, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC,
	    0644);
	if (d->draft == -1)
		return false;
	show_link(d, link);
	if (fstatat(AT_FDCWD, link, &status, 0) == 0 && write_content(d))
		return true;
	error = errno;
	close_draft(d);
	errno = error;
	return false;
}

static bool
make_named(struct dotlock *d)
{
	struct names names = names_of(d);

	for (int tries = 0; tries < 2 && d->draft == -1; tries++) {
		d->draft = openat(d->directory, names.draft, O_WRONLY |
		    O_CREAT | O_EXCL | O_CLOEXEC, 0644);
		if (d->draft == -1 && errno == EEXIST) {
			/* a killed session's, which tells of its dotlock */
			dotlock_remove_dead(d, false);
			if (unlinkat(d->directory, names.draft, 0) == 0)
				errno = EEXIST;
		}
	}
	if (d->draft == -1)
		return false;
	d->is_named = true;
	write_content(d);	/* on a full disk the name must tell */
	return true;
}

enum lock_attempt
dotlock_prepare(struct dotlock *d)
{
	bool done = d->draft != -1;

	d->is_on_disk = false;
	if (!done && !d->no_tmpfile)
		done = make_tmpfile(d);
	if (!done) {
		d->no_tmpfile = true;
		done = make_named(d);
	}
	return attempt_of(done);
}

void
dotlock_sync(struct dotlock *d)
{
	if (d->draft == -1 || d->is_on_disk)
		return;
	/* agents judge a lock by its age, and the draft is of the login */
	write_content(d);
	d->is_on_disk = fd_sync_data(d->draft);
}

/* --- taking and dropping ------------------------------------------------ */

/* A lock that shows up with its content, or not at all. */
static enum lock_attempt
link_draft(struct dotlock *d)
{
	struct names names = names_of(d);
	char link[32];
	bool done;

	show_link(d, link);
	done = d->is_named ? linkat(d->directory, names.draft, d->directory,
	    names.dotlock, 0) == 0 : linkat(AT_FDCWD, link, d->directory,
	    names.dotlock, AT_SYMLINK_FOLLOW) == 0;
	if (done)
		d->is_held = fstatat(d->directory, names.dotlock, &d->held,
		    AT_SYMLINK_NOFOLLOW) == 0;
	if (done && !d->is_named)
		close_draft(d);
	return attempt_of(done);
}

/* No dotlock can be made: others' count all the same, unless they cannot be
 * removed for the same reason. */
static enum lock_attempt
go_without(struct dotlock *d)
{
	struct names names = names_of(d);
	const char *why = strerror(errno);
	struct found found;

	if (look(d, names.dotlock, &found) && !is_dead(d, &found, true))
		return LOCK_TAKEN_BY_OTHER;
	if (!d->said_impossible)
		log_note(LOG_NOTICE, "no dotlock for %s: %s; going on with "
		    "fcntl and flock", d->path, why);
	d->said_impossible = true;
	return LOCK_TAKEN;
}

enum lock_attempt
dotlock_take(struct dotlock *d)
{
	enum lock_attempt attempt = d->draft != -1 ? LOCK_TAKEN
	    : dotlock_prepare(d);

	if (attempt == LOCK_TAKEN)
		attempt = link_draft(d);
	return attempt == LOCK_IMPOSSIBLE ? go_without(d) : attempt;
}

void
dotlock_drop(struct dotlock *d)
{
	struct names names = names_of(d);

	/* whoever took it for stale has one of its own there */
	if (d->is_held && is_same_file(d->directory, names.dotlock, &d->held))
		unlinkat(d->directory, names.dotlock, 0);
	d->is_held = false;
}

void
dotlock_init(struct dotlock *d, const char *path, int directory, int session,
    const char *boot)
{
	const char *slash = strrchr(path, '/');

	*d = (struct dotlock){
		.directory = directory,
		.path = path,
		.name = slash == NULL ? path : slash + 1,
		.draft = -1,
	};
	snprintf(d->boot, sizeof(d->boot), "%s", boot);
	fstat(session, &d->session);
}

void
dotlock_end(struct dotlock *d)
{
	struct names names = names_of(d);

	dotlock_drop(d);
	if (d->draft != -1 && d->is_named)
		unlinkat(d->directory, names.draft, 0);
	close_draft(d);
}
