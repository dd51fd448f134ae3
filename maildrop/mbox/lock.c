#include "maildrop/mbox/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/strbuf.h"

#define RETRY_MILLISECONDS 20

/* --- taking ------------------------------------------------------------- */

static enum lock_attempt
attempt_of(int result)
{
	if (result == 0)
		return LOCK_TAKEN;
	return errno == EAGAIN || errno == EACCES || errno == EINTR
	    ? LOCK_TAKEN_BY_OTHER : LOCK_FAILED;
}

static enum lock_attempt
take_fcntl(int fd)
{
	return attempt_of(fd_lock(fd) ? 0 : -1);
}

static enum lock_attempt
take_flock(int fd)
{
	struct statfs status;

	if (fstatfs(fd, &status) == 0 && status.f_type == NFS_SUPER_MAGIC)
		return LOCK_TAKEN;	/* it would meet our own fcntl lock */
	return attempt_of(flock(fd, LOCK_EX | LOCK_NB));
}

/* The dotlock, when the kernel's locks are ours. */
static enum lock_attempt
take_dotlock(struct dotlock *dotlock)
{
	enum lock_attempt attempt = dotlock_take(dotlock);

	if (attempt == LOCK_TAKEN_BY_OTHER)
		dotlock_remove_stale(&dotlock->place, true);
	return attempt;
}

static enum lock_attempt
take_all(struct lock *lock)
{
	enum lock_attempt attempt = take_fcntl(lock->fd);

	lock->busy = "fcntl";
	if (attempt == LOCK_TAKEN) {
		lock->busy = "flock";
		attempt = take_flock(lock->fd);
	}
	if (attempt == LOCK_TAKEN) {
		lock->busy = NULL;
		attempt = take_dotlock(&lock->dotlock);
	}
	return attempt;
}

static void
drop_all(struct lock *lock)
{
	dotlock_drop(&lock->dotlock);
	flock(lock->fd, LOCK_UN);
	fd_unlock(lock->fd);
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

/* --- why it was not to be had ------------------------------------------- */

/* The kernel's lock that another holds, and by which process, if the kernel
 * tells. */
static void
describe_busy(const struct lock *lock, struct strbuf *text)
{
	struct flock other = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	strbuf_format(text, "%s lock", lock->busy);
	if (fcntl(lock->fd, F_OFD_GETLK, &other) == 0 &&
	    other.l_type != F_UNLCK && other.l_pid > 0)
		strbuf_format(text, " of process %ld", (long)other.l_pid);
	strbuf_format(text, ", for %d s at least",
	    LOCK_WAIT_MILLISECONDS / 1000);
}

static enum maildrop_status
give_up(const struct lock *lock)
{
	char reason[LOG_LINE_SIZE], dotlock[LOG_LINE_SIZE];
	struct strbuf text = strbuf_init(reason, sizeof(reason));
	struct strbuf more = strbuf_init(dotlock, sizeof(dotlock));

	if (lock->busy != NULL)
		describe_busy(lock, &text);
	/* whoever holds the kernel's may wait for that one, too */
	if (dotlock_describe(&lock->dotlock.place, &more))
		strbuf_format(&text, "%s%s: remove it if that program is gone",
		    text.length > 0 ? "; " : "", dotlock);
	log_note(LOG_WARNING, "%s is locked by another program: %s",
	    lock->dotlock.place.path, reason);
	return MAILDROP_IN_USE;
}

static enum maildrop_status
failed(const struct lock *lock)
{
	log_note(LOG_ERR, "cannot lock %s: %s", lock->dotlock.place.path,
	    strerror(errno));
	return MAILDROP_TEMPORARY;
}

/* --- what others call --------------------------------------------------- */

void
lock_init(struct lock *lock, const char *path, int directory, int session,
    const char *boot)
{
	*lock = (struct lock){ .fd = -1 };
	dotlock_init(&lock->dotlock, path, directory, session, boot);
}

bool
lock_has_stale_dotlock(const struct lock *lock)
{
	return dotlock_is_stale(&lock->dotlock.place, true);
}

enum maildrop_status
lock_prepare(struct lock *lock)
{
	/* where it is impossible, lock_take says so */
	if (dotlock_prepare(&lock->dotlock) != LOCK_FAILED)
		return MAILDROP_OK;
	log_note(LOG_ERR, "cannot make the next dotlock of %s: %s",
	    lock->dotlock.place.path, strerror(errno));
	return MAILDROP_TEMPORARY;
}

/* Tries once; a failure leaves errno. */
static enum lock_attempt
try_once(struct lock *lock)
{
	enum lock_attempt attempt;
	int error;

	hold_signals(lock);
	attempt = take_all(lock);
	lock->is_held = attempt == LOCK_TAKEN;
	if (lock->is_held)
		return attempt;
	error = errno;
	drop_all(lock);
	release_signals(lock);
	errno = error;
	return attempt;
}

enum maildrop_status
lock_take(struct lock *lock, bool is_durable)
{
	struct deadline by = deadline_in(LOCK_WAIT_MILLISECONDS);
	bool is_first = true;

	if (is_durable)
		dotlock_sync(&lock->dotlock);
	for (;;) {
		switch (try_once(lock)) {
		case LOCK_TAKEN:
			return MAILDROP_OK;
		case LOCK_TAKEN_BY_OTHER:
			break;
		case LOCK_IMPOSSIBLE:
		case LOCK_FAILED:
			return failed(lock);
		}
		/* none dies of ours while we have the session lock */
		if (is_first && lock->busy != NULL)
			dotlock_remove_stale(&lock->dotlock.place, false);
		is_first = false;
		if (deadline_left(by) == 0)
			return give_up(lock);
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
	dotlock_end(&lock->dotlock);
}
