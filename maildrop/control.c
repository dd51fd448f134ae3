#include "maildrop/control.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "base/text.h"
#include "maildrop/control_files.h"
#include "maildrop/control_ids.h"
#include "maildrop/control_upgrade.h"

struct control {
	int session, redo_log, cache, ids;
	uid_t owner;
};

/* --- files --------------------------------------------------------------- */

/* In what follows -1, NULL and false come with errno and after a log line. */

/* The state directory, made sure of. */
static int
open_directory(const char *path)
{
	int fd = fd_open_private(path);

	if (fd == -1 && errno == EACCES)
		log_note(LOG_ERR, "state directory %s must belong to uid %lu "
		    "and be of mode 700", path, (unsigned long)geteuid());
	else if (fd == -1)
		control_failed("open state directory", path);
	return fd;
}

/* Makes the name of a file durable, and only then lets others open it: who
 * finds it otherwise does this again. */
static bool
settle_file(int directory, int fd)
{
	return fd_sync(directory) && fchmod(fd, 0600) == 0;
}

/* Opens the file, or makes it; no log line. */
static int
try_open_file(int directory, const char *name)
{
	const int flags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	int fd = openat(directory, name, O_RDWR | flags), error;

	if (fd != -1 || (errno != ENOENT && errno != EACCES))
		return fd;
	fd = openat(directory, name, O_RDONLY | O_CREAT | flags, 0400);
	if (fd == -1)
		return -1;
	error = settle_file(directory, fd) ? 0 : errno;
	close(fd);
	errno = error;
	return error == 0 ? openat(directory, name, O_RDWR | flags) : -1;
}

static int
open_file(int directory, const char *name)
{
	int fd = try_open_file(directory, name);

	if (fd == -1)
		control_failed("open control file", name);
	return fd;
}

/* Gives a redo log that only a human can use another name. One is kept: what a
 * second one would push out may be the only copy of mail. */
static bool
set_aside(int directory, const char *redo_log, const char *name)
{
	const struct control_name aside = control_file(name, ASIDE_SUFFIX);

	if (control_size(directory, aside.at) != -1)
		errno = EEXIST;
	else if (renameat(directory, redo_log, directory, aside.at) == 0 &&
	    fd_sync(directory)) {
		log_note(LOG_CRIT, "an interrupted update cannot be finished: "
		    "its redo log is kept as %s", aside.at);
		return true;
	}
	log_note(LOG_CRIT, "an interrupted update cannot be finished, and its "
	    "redo log cannot be kept as %s: %s", aside.at, strerror(errno));
	return false;
}

/* Opens the redo log of the mailbox's `name`, a new one if it was set aside. */
static int
open_redo_log(int directory, const struct control_kind *kind, const char *name)
{
	const struct control_name redo_log = control_file(name, kind->redo_log);
	int fd = open_file(directory, redo_log.at);
	bool is_set_aside;

	if (fd == -1)
		return -1;
	if (!kind->is_set_aside(fd, &is_set_aside)) {
		/* what cannot be read may be the only copy of mail */
		control_failed("read control file", redo_log.at);
		close(fd);
		return -1;
	}
	if (!is_set_aside)
		return fd;
	close(fd);
	return set_aside(directory, redo_log.at, name)
	    ? open_file(directory, redo_log.at) : -1;
}

/* Makes it if need be; nothing is lost if its name is. -1 will do, too. */
static int
open_cache(int directory, const struct control_kind *kind, const char *name)
{
	const struct control_name cache = control_file(name, kind->cache);
	int fd = openat(directory, cache.at, O_RDWR | O_CREAT | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC, 0600);

	if (fd == -1)
		log_note(LOG_WARNING, "cannot open index %s: %s; going on "
		    "without it", cache.at, strerror(errno));
	return fd;
}

/* There is none for most mailboxes. If one cannot be opened, clients would take
 * all mail for new: so that is an error. */
static bool
open_ids(struct control *c, int directory, const char *name)
{
	c->ids = control_ids_open(directory, name);
	if (c->ids != -1 || errno == ENOENT)
		return true;
	control_failed("open the imported ids of", name);
	return false;
}

static uid_t
noted_owner(int directory, const char *link)
{
	char digits[24];
	ssize_t length = readlinkat(directory, link, digits, sizeof(digits));
	uint64_t owner;

	return length > 0 && text_number(digits, (size_t)length,
	    CONTROL_OWNER_UNKNOWN - 1, &owner) ? (uid_t)owner
	    : CONTROL_OWNER_UNKNOWN;
}

/* Makes a link to what is to be noted: it is there whole, or not at all. If it
 * may not be on the disk it is made again another time. */
static bool
make_link(int directory, const char *link, const char *target)
{
	int error;

	if ((unlinkat(directory, link, 0) == 0 || errno == ENOENT) &&
	    symlinkat(target, directory, link) == 0) {
		if (fd_sync(directory))
			return true;
		error = errno;
		unlinkat(directory, link, 0);
		errno = error;
	}
	control_failed("make", link);
	return false;
}

static bool
note_owner(int directory, const char *link, uid_t owner)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%lu", (unsigned long)owner);
	return make_link(directory, link, digits);
}

static bool
settle_owner(struct control *c, int directory, const char *name, uid_t owner)
{
	const struct control_name link = control_file(name, OWNER_SUFFIX);

	c->owner = noted_owner(directory, link.at);
	if (owner == CONTROL_OWNER_UNKNOWN || owner == c->owner)
		return true;
	c->owner = owner;
	return note_owner(directory, link.at, owner);
}

/* --- names that do not tell the path -------------------------------------- */

/* Notes the path of a digest, and makes sure that it is not another's. */
static enum maildrop_status
settle_path(int directory, const char *name, const char *path)
{
	const struct control_name link = control_file(name, PATH_SUFFIX);

	if (control_is_name_of(directory, name, path))
		return MAILDROP_OK;
	if (errno == ENOENT)
		return make_link(directory, link.at, path) ? MAILDROP_OK
		    : maildrop_status_of(errno);
	log_note(LOG_ERR, "cannot serve mailbox %s: its note %s is of another "
	    "mailbox", path, link.at);
	return MAILDROP_DAMAGED;
}

/* --- opening and closing -------------------------------------------------- */

/* The mailbox at `path`, which really is at `resolved`. */
struct mailbox {
	int directory;			/* the state directory */
	const struct control_kind *kind;
	const char *path, *resolved;
	char name[CONTROL_NAME_SIZE];	/* of its control files */
};

/* Takes the session lock, makes sure that the names are ours, and takes what
 * had others before. */
static enum maildrop_status
settle(const struct control *c, const struct mailbox *m)
{
	enum maildrop_status status = control_lock(c->session, m->name);

	if (status == MAILDROP_OK)
		status = settle_path(m->directory, m->name, m->resolved);
	if (status == MAILDROP_OK)
		status = control_take_over(c->session, m->directory, m->kind,
		    m->path, m->name);
	return status;
}

/* Fills in what is all "none". */
static enum maildrop_status
open_all(struct control *c, const struct mailbox *m)
{
	enum maildrop_status status;

	c->session = open_file(m->directory, m->name);
	if (c->session == -1)
		return maildrop_status_of(errno);
	status = settle(c, m);
	if (status != MAILDROP_OK)
		return status;
	if (!settle_owner(c, m->directory, m->name, c->owner))
		return maildrop_status_of(errno);
	c->redo_log = open_redo_log(m->directory, m->kind, m->name);
	if (c->redo_log == -1)
		return maildrop_status_of(errno);
	c->cache = open_cache(m->directory, m->kind, m->name);
	return open_ids(c, m->directory, m->name) ? MAILDROP_OK
	    : maildrop_status_of(errno);
}

static enum maildrop_status
open_in(struct control *c, const char *directory,
    const struct control_kind *kind, const char *path)
{
	char resolved[PATH_MAX];
	struct mailbox mailbox = {
		.kind = kind, .path = path, .resolved = resolved
	};
	enum maildrop_status status;

	if (!control_name_resolve(path, resolved)) {
		log_note(LOG_ERR, "mailbox path too long: %s", path);
		return MAILDROP_DAMAGED;
	}
	control_name_make(resolved, mailbox.name);
	mailbox.directory = open_directory(directory);
	if (mailbox.directory == -1)
		return maildrop_status_of(errno);
	status = open_all(c, &mailbox);
	close(mailbox.directory);
	return status;
}

enum maildrop_status
control_open(const char *directory, const char *path,
    const struct control_kind *kind, uid_t owner, struct control **control)
{
	struct control *c = malloc(sizeof(*c));
	enum maildrop_status status;

	if (c == NULL)
		return MAILDROP_TEMPORARY;
	*c = (struct control){ -1, -1, -1, -1, owner };
	status = open_in(c, directory, kind, path);
	if (status == MAILDROP_OK)
		*control = c;
	else
		control_close(c);
	return status;
}

static void
close_file(int fd)
{
	if (fd != -1)
		close(fd);
}

void
control_close(struct control *c)
{
	if (c == NULL)
		return;
	close_file(c->redo_log);
	close_file(c->cache);
	close_file(c->ids);
	close_file(c->session);
	free(c);
}

int
control_session(const struct control *c)
{
	return c->session;
}

int
control_redo_log(const struct control *c)
{
	return c->redo_log;
}

int
control_cache(const struct control *c)
{
	return c->cache;
}

int
control_ids(const struct control *c)
{
	return c->ids;
}

uid_t
control_owner(const struct control *c)
{
	return c->owner;
}

/* --- all mailboxes ------------------------------------------------------- */

/* If `name` is that of a redo log, the mailbox's path. */
static bool
is_redo_log(int directory, const struct control_kind *kind, const char *name,
    char path[PATH_MAX])
{
	size_t length = strlen(name), suffix = strlen(kind->redo_log);
	char mailbox[CONTROL_NAME_SIZE];
	struct strbuf text = strbuf_init(mailbox, sizeof(mailbox));

	if (length <= suffix ||
	    strcmp(name + length - suffix, kind->redo_log) != 0)
		return false;
	length -= suffix;
	strbuf_add(&text, name, length);
	return control_name_is_digest(mailbox)
	    ? control_noted_path(directory, mailbox, path)
	    : control_name_path(name, length, path);
}

bool
control_each(const char *directory, const struct control_kind *kind,
    void (*each)(void *context, const char *path, bool is_empty),
    void *context)
{
	DIR *entries = opendir(directory);
	const struct dirent *entry;
	char path[PATH_MAX];

	if (entries == NULL) {
		log_note(LOG_ERR, "cannot open state directory %s: %s",
		    directory, strerror(errno));
		return false;
	}
	while ((entry = readdir(entries)) != NULL)
		if (is_redo_log(dirfd(entries), kind, entry->d_name, path))
			each(context, path, control_size(dirfd(entries),
			    entry->d_name) <= 0);
	closedir(entries);
	return true;
}
