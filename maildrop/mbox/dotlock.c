#include "maildrop/mbox/dotlock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/fd.h"
#include "base/log.h"

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
show_link(int draft, char link[32])
{
	snprintf(link, 32, "/proc/self/fd/%d", draft);
}

static void
close_draft(struct dotlock_place *place)
{
	if (place->draft != -1)
		close(place->draft);
	place->draft = -1;
}

/* A file without a name, with its content. False with errno: there are no such
 * files, no way to give them a name later, or no room for the content. */
static bool
make_tmpfile(struct dotlock_place *place)
{
	struct stat status;
	char link[32];
	int error;

	place->is_named = false;
	place->draft = openat(place->directory, ".", O_TMPFILE | O_WRONLY |
	    O_CLOEXEC, 0644);
	if (place->draft == -1)
		return false;
	show_link(place->draft, link);
	if (fstatat(AT_FDCWD, link, &status, 0) == 0 &&
	    dotlock_maker_write(&place->self, place->draft))
		return true;
	error = errno;
	close_draft(place);
	errno = error;
	return false;
}

static bool
make_named(struct dotlock_place *place)
{
	place->draft = openat(place->directory, place->draft_name, O_WRONLY |
	    O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (place->draft == -1) {
		if (errno == EEXIST)
			errno = EPERM;	/* we may not remove it */
		return false;
	}
	place->is_named = true;
	/* on a full disk the name must tell */
	dotlock_maker_write(&place->self, place->draft);
	return true;
}

enum lock_attempt
dotlock_prepare(struct dotlock *d)
{
	bool done = d->place.draft != -1;

	d->is_on_disk = false;
	if (!done)
		dotlock_remove_draft(&d->place);
	if (!done && !d->no_tmpfile)
		done = make_tmpfile(&d->place);
	if (!done) {
		d->no_tmpfile = true;
		done = make_named(&d->place);
	}
	return attempt_of(done);
}

void
dotlock_sync(struct dotlock *d)
{
	if (d->place.draft == -1 || d->is_on_disk)
		return;
	/* agents judge a lock by its age, and the draft is of the login */
	dotlock_maker_write(&d->place.self, d->place.draft);
	d->is_on_disk = fd_sync_data(d->place.draft);
}

/* --- taking and dropping ------------------------------------------------ */

/* A lock that shows up with its content, or not at all. */
static enum lock_attempt
link_draft(struct dotlock *d)
{
	struct dotlock_place *place = &d->place;
	char link[32];
	bool done;

	show_link(place->draft, link);
	done = place->is_named ? linkat(place->directory, place->draft_name,
	    place->directory, place->name, 0) == 0 : linkat(AT_FDCWD, link,
	    place->directory, place->name, AT_SYMLINK_FOLLOW) == 0;
	if (done)
		d->held = place->draft;
	if (done && !place->is_named)
		place->draft = -1;
	return attempt_of(done);
}

/* No dotlock can be made: others' count all the same, unless they cannot be
 * removed for the same reason. */
static enum lock_attempt
go_without(struct dotlock *d)
{
	bool is_closed = errno == EACCES || errno == EPERM;
	const char *why = strerror(errno);

	if (dotlock_is_alive(&d->place))
		return LOCK_TAKEN_BY_OTHER;
	if (!d->said_impossible)
		log_note(LOG_NOTICE, "no dotlock for %s: %s%s; going on with "
		    "fcntl and flock", d->place.path, why, is_closed
		    ? ": the service user must be in the directory's group, "
		    "which may write there" : "");
	d->said_impossible = true;
	return LOCK_TAKEN;
}

enum lock_attempt
dotlock_take(struct dotlock *d)
{
	enum lock_attempt attempt = d->place.draft != -1 ? LOCK_TAKEN
	    : dotlock_prepare(d);

	if (attempt == LOCK_TAKEN)
		attempt = link_draft(d);
	return attempt == LOCK_IMPOSSIBLE ? go_without(d) : attempt;
}

/* Whether the dotlock is ours still: whoever took that for stale has one of its
 * own there. As we have it open, no other file has its inode. */
static bool
is_ours(const struct dotlock *d)
{
	struct stat ours, there;

	return fstat(d->held, &ours) == 0 &&
	    fstatat(d->place.directory, d->place.name, &there,
	    AT_SYMLINK_NOFOLLOW) == 0 &&
	    there.st_dev == ours.st_dev && there.st_ino == ours.st_ino;
}

void
dotlock_drop(struct dotlock *d)
{
	if (d->held == -1)
		return;
	if (is_ours(d))
		unlinkat(d->place.directory, d->place.name, 0);
	if (d->held != d->place.draft)
		close(d->held);
	d->held = -1;
}

static void
name_place(struct dotlock_place *place)
{
	const char *slash = strrchr(place->path, '/');
	const char *name = slash == NULL ? place->path : slash + 1;
	char holder[sizeof(place->self.host) + sizeof(place->self.session)];
	int length = snprintf(holder, sizeof(holder), "%s %s",
	    place->self.host, place->self.session);

	snprintf(place->name, sizeof(place->name), "%s.lock", name);
	snprintf(place->draft_name, sizeof(place->draft_name),
	    "%s.lock.pop3-handler.%08" PRIx32, name,
	    (uint32_t)digest_of(holder, (size_t)length).low);
}

void
dotlock_init(struct dotlock *d, const char *path, int directory, int session,
    const char *boot)
{
	*d = (struct dotlock){
		.place = {
			.directory = directory,
			.path = path,
			.self = dotlock_self(session, boot),
			.draft = -1,
		},
		.held = -1,
	};
	name_place(&d->place);
}

void
dotlock_end(struct dotlock *d)
{
	bool had_name;

	dotlock_drop(d);
	had_name = d->place.draft != -1 && d->place.is_named;
	close_draft(&d->place);
	if (had_name)
		unlinkat(d->place.directory, d->place.draft_name, 0);
}
