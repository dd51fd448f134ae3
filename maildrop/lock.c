#include "maildrop/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"

#define OUR_NAME "pop3-handler"
#define RETRY_MILLISECONDS 20
#define CONTENT_MAX 512

enum attempt { TAKEN, TAKEN_BY_OTHER, IMPOSSIBLE, FAILED };

/* "name.lock"; too long a name shows as an error of the system. */
static void
dotlock_name(const struct lock *lock, char name[NAME_MAX + 8])
{
	snprintf(name, NAME_MAX + 8, "%s.lock", lock->name);
}

static void
our_line(struct text *text)
{
	char host[HOST_NAME_MAX + 1] = "";

	gethostname(host, sizeof(host) - 1);
	text_format(text, OUR_NAME " %s\n", host);
}

/* --- a dotlock that is there -------------------------------------------- */

/* Whether the file says that a process of ours made it, on this host. Another
 * living one would hold the kernel's locks, which we have. */
static bool
is_our_corpse(int fd)
{
	char content[CONTENT_MAX + 1], ours[CONTENT_MAX];
	struct text text = text_over(ours, sizeof(ours));
	ssize_t length = fd_read_at(fd, content, CONTENT_MAX, 0);
	size_t digits;
	uint64_t pid;

	if (length <= 0)
		return false;
	content[length] = '\0';
	digits = strcspn(content, "\n");
	our_line(&text);
	return text_number(content, digits, INT32_MAX, &pid) &&
	    content[digits] == '\n' &&
	    strcmp(content + digits + 1, ours) == 0;
}

static bool
is_old(const struct stat *status)
{
	return time(NULL) - status->st_mtime > LOCK_STALE_SECONDS;
}

/* Whether `name` still is the file of which *status tells. */
static bool
is_same_file(int directory, const char *name, const struct stat *status)
{
	struct stat now;

	/* an inode's number may be another file's soon */
	return fstatat(directory, name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	    now.st_dev == status->st_dev && now.st_ino == status->st_ino &&
	    now.st_ctim.tv_sec == status->st_ctim.tv_sec &&
	    now.st_ctim.tv_nsec == status->st_ctim.tv_nsec;
}

/* Whether nobody will remove the dotlock, which *status tells of. One that
 * cannot be opened is not ours. */
static bool
is_stale(const struct lock *lock, const char *name, struct stat *status)
{
	int fd = openat(lock->directory, name, O_RDONLY | O_NOFOLLOW |
	    O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	/* of what was opened: the name may be another file's by now */
	bool known = fd != -1 ? fstat(fd, status) == 0
	    : fstatat(lock->directory, name, status, AT_SYMLINK_NOFOLLOW) == 0;
	bool stale = known && S_ISREG(status->st_mode) &&
	    (is_old(status) || (fd != -1 && is_our_corpse(fd)));

	if (fd != -1)
		close(fd);
	return stale;
}

/* Removes a dotlock nobody will remove. We hold both kernel locks, so whoever
 * takes those too is not at work. */
static void
remove_if_stale(struct lock *lock, const char *name)
{
	struct stat status;

	if (!is_stale(lock, name, &status) ||
	    !is_same_file(lock->directory, name, &status))
		return;
	if (unlinkat(lock->directory, name, 0) == 0)
		log_note(LOG_WARNING, "removing stale lock %s", name);
	else if (!lock->said_stale)
		log_note(LOG_WARNING, "cannot remove stale lock %s: %s", name,
		    strerror(errno));
	lock->said_stale = true;
}

/* --- taking ------------------------------------------------------------- */

static enum attempt
attempt_of(int result)
{
	if (result == 0)
		return TAKEN;
	switch (errno) {
	case EEXIST:
	case EAGAIN:
	case EINTR:
		return TAKEN_BY_OTHER;
	case EACCES:
	case EPERM:
	case EROFS:
		return IMPOSSIBLE;
	default:
		return FAILED;
	}
}

static enum attempt
take_fcntl(int fd)
{
	/* Of the open file, not of the process: closing another descriptor of
	 * the same file does not drop it. The whole file, however it grows. */
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return attempt_of(fcntl(fd, F_OFD_SETLK, &whole));
}

static enum attempt
take_flock(int fd)
{
	struct statfs status;

	if (fstatfs(fd, &status) == 0 && status.f_type == NFS_SUPER_MAGIC)
		return TAKEN;	/* it would meet our own fcntl lock */
	return attempt_of(flock(fd, LOCK_EX | LOCK_NB));
}

static void
forget_nameless(struct lock *lock)
{
	if (lock->nameless != -1)
		close(lock->nameless);
	lock->nameless = -1;
}

/* Who holds the lock, for everybody to read. A disk that is full must not keep
 * the lock from its work: an empty one, too, is a lock. */
static void
write_content(int fd)
{
	char content[CONTENT_MAX];
	struct text text = text_over(content, sizeof(content));

	text_format(&text, "%ld\n", (long)getpid());
	our_line(&text);
	fd_write_at(fd, text.at, text.length, 0);
}

/* A file without a name, with the content of a dotlock. */
static enum attempt
make_nameless(struct lock *lock)
{
	lock->nameless = openat(lock->directory, ".", O_TMPFILE | O_WRONLY |
	    O_CLOEXEC, 0644);
	if (lock->nameless != -1) {
		write_content(lock->nameless);
		return TAKEN;
	}
	/* what systems and file systems say that do not know such files */
	lock->lacks_nameless = errno == EOPNOTSUPP || errno == EISDIR ||
	    errno == ENOENT;
	return attempt_of(-1);
}

/* A lock that shows up with its content, or not at all. */
static enum attempt
link_dotlock(struct lock *lock, const char *name)
{
	enum attempt attempt = lock->nameless == -1 ? make_nameless(lock)
	    : TAKEN;
	char path[32];

	if (attempt != TAKEN)
		return attempt;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", lock->nameless);
	attempt = attempt_of(linkat(AT_FDCWD, path, lock->directory, name,
	    AT_SYMLINK_FOLLOW));
	if (attempt == TAKEN)
		forget_nameless(lock);
	return attempt;
}

/* For file systems without nameless files. A process that may open no file any
 * more makes one without content. */
static enum attempt
create_dotlock(const struct lock *lock, const char *name)
{
	enum attempt attempt = attempt_of(mknodat(lock->directory, name,
	    S_IFREG | 0644, 0));
	int fd;

	if (attempt != TAKEN)
		return attempt;
	fd = openat(lock->directory, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd != -1) {
		write_content(fd);
		close(fd);
	}
	return attempt;
}

static enum attempt
take_dotlock(struct lock *lock)
{
	char name[NAME_MAX + 8];
	enum attempt attempt = FAILED;

	dotlock_name(lock, name);
	if (!lock->lacks_nameless)
		attempt = link_dotlock(lock, name);
	if (lock->lacks_nameless)
		attempt = create_dotlock(lock, name);
	lock->has_dotlock = attempt == TAKEN && fstatat(lock->directory, name,
	    &lock->dotlock, AT_SYMLINK_NOFOLLOW) == 0;
	if (attempt == TAKEN_BY_OTHER)
		remove_if_stale(lock, name);
	if (attempt == IMPOSSIBLE) {
		if (!lock->said_impossible)
			log_note(LOG_NOTICE, "no dotlock for %s: %s; going on "
			    "with fcntl and flock", lock->name,
			    strerror(errno));
		lock->said_impossible = true;
		attempt = TAKEN;
	}
	return attempt;
}

static enum attempt
take_all(struct lock *lock)
{
	enum attempt attempt = take_fcntl(lock->fd);

	if (attempt == TAKEN)
		attempt = take_flock(lock->fd);
	if (attempt == TAKEN)
		attempt = take_dotlock(lock);
	return attempt;
}

static void
drop_all(struct lock *lock)
{
	struct flock whole = { .l_type = F_UNLCK, .l_whence = SEEK_SET };
	char name[NAME_MAX + 8];

	if (lock->has_dotlock) {
		dotlock_name(lock, name);
		/* whoever took it for stale has one of its own there */
		if (is_same_file(lock->directory, name, &lock->dotlock))
			unlinkat(lock->directory, name, 0);
		lock->has_dotlock = false;
	}
	flock(lock->fd, LOCK_UN);
	fcntl(lock->fd, F_OFD_SETLK, &whole);
}

/* So that two who want the same do not meet again each time. */
static int64_t
pause_milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return RETRY_MILLISECONDS / 2 +
	    (now.tv_nsec / 1000 + getpid()) % RETRY_MILLISECONDS;
}

static void
hold_signals(struct lock *lock)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGQUIT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, &lock->signals);
}

static void
release_signals(const struct lock *lock)
{
	sigprocmask(SIG_SETMASK, &lock->signals, NULL);
}

void
lock_init(struct lock *lock, int directory, const char *name, int fd)
{
	*lock = (struct lock){
		.directory = directory,
		.name = name,
		.fd = fd,
		.nameless = -1,
	};
}

enum maildrop_status
lock_prepare(struct lock *lock)
{
	/* where it is impossible, lock_take says so */
	if (lock->lacks_nameless || lock->nameless != -1 ||
	    make_nameless(lock) != FAILED || lock->lacks_nameless)
		return MAILDROP_OK;
	log_note(LOG_ERR, "cannot make the next dotlock of %s: %s", lock->name,
	    strerror(errno));
	return MAILDROP_TEMPORARY;
}

enum maildrop_status
lock_take(struct lock *lock)
{
	struct deadline by = deadline_in(LOCK_WAIT_MILLISECONDS);
	enum attempt attempt;

	for (;;) {
		hold_signals(lock);
		attempt = take_all(lock);
		if (attempt == TAKEN) {
			lock->is_held = true;
			return MAILDROP_OK;
		}
		if (attempt != TAKEN_BY_OTHER)
			log_note(LOG_ERR, "cannot lock %s: %s", lock->name,
			    strerror(errno));
		drop_all(lock);
		release_signals(lock);
		if (attempt != TAKEN_BY_OTHER)
			return MAILDROP_TEMPORARY;
		if (deadline_left(by) == 0) {
			log_note(LOG_WARNING, "%s is locked by another "
			    "program", lock->name);
			return MAILDROP_IN_USE;
		}
		deadline_sleep(by, pause_milliseconds());
	}
}

void
lock_drop(struct lock *lock)
{
	if (!lock->is_held)
		return;
	drop_all(lock);
	lock->is_held = false;
	release_signals(lock);
}

void
lock_end(struct lock *lock)
{
	lock_drop(lock);
	forget_nameless(lock);
}
