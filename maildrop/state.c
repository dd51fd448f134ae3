#include "maildrop/state.h"

#include <dirent.h>
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
#include "maildrop/state_name.h"

#define CONTENT_MAX (64 << 20)

/* "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n", the digest of what follows. */
#define SEAL_LENGTH 33

/* What follows a mailbox's name in that of each other file. */
#define REDO_LOG_SUFFIX "%journal"	/* as in 0.1 */
#define ASIDE_SUFFIX "%aside"
#define INDEX_SUFFIX "%index"
#define OWNER_SUFFIX "%owner"
#define PATH_SUFFIX "%path"

struct state {
	int fd, index;
	struct redo_log *redo_log;
	uid_t owner;
};

/* What a file is called: the name of the state and a suffix. */
struct name {
	char at[STATE_NAME_SIZE + STATE_SUFFIX_MAX];
};

static struct name
with_suffix(const char *name, const char *suffix)
{
	struct name whole = { "" };
	struct text text = text_over(whole.at, sizeof(whole.at));

	text_add(&text, name, strlen(name));
	text_add(&text, suffix, strlen(suffix));
	return whole;
}

/* Logs what failed, with errno, and leaves that as it is. */
static void
note_failure(const char *what, const char *name)
{
	int error = errno;

	log_note(LOG_ERR, "cannot %s %s: %s", what, name, strerror(error));
	errno = error;
}

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
		note_failure("open state directory", path);
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
		note_failure("open state file", name);
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
	note_failure("lock state file", name);
	return MAILDROP_TEMPORARY;
}

/* The size of a file, -1 if there is none. */
static off_t
size_of(int directory, const char *name)
{
	struct stat status;

	return fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0
	    ? status.st_size : -1;
}

/* Gives a redo log that only a human can use another name. One is kept: what
 * a second one would push out may be the only copy of mail. */
static bool
move_aside(int directory, const char *redo_log, const char *name)
{
	const struct name aside = with_suffix(name, ASIDE_SUFFIX);

	if (size_of(directory, aside.at) != -1)
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

/* Opens the redo log `redo_log` of the state file `name`, a new one if it was
 * set aside. */
static int
open_usable(int directory, const char *redo_log, const char *name)
{
	int fd = open_file(directory, redo_log);
	bool is_aside;

	if (fd == -1)
		return -1;
	if (!redo_log_look_aside(fd, &is_aside)) {
		/* what cannot be read may be the only copy of mail */
		note_failure("read state file", redo_log);
		close(fd);
		return -1;
	}
	if (!is_aside)
		return fd;
	close(fd);
	return move_aside(directory, redo_log, name)
	    ? open_file(directory, redo_log) : -1;
}

static struct redo_log *
open_redo_log(int directory, const char *name)
{
	const struct name redo_log = with_suffix(name, REDO_LOG_SUFFIX);
	int fd = open_usable(directory, redo_log.at, name);
	struct redo_log *opened;

	if (fd == -1)
		return NULL;
	opened = redo_log_new(fd);
	if (opened == NULL)
		close(fd);
	return opened;
}

/* Makes it if need be; nothing is lost if its name is. -1 will do, too. */
static int
open_index(int directory, const char *name)
{
	const struct name index = with_suffix(name, INDEX_SUFFIX);
	int fd = openat(directory, index.at, O_RDWR | O_CREAT | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC, 0600);

	if (fd == -1)
		log_note(LOG_WARNING, "cannot open index %s: %s; going on "
		    "without it", index.at, strerror(errno));
	return fd;
}

static uid_t
noted_owner(int directory, const char *link)
{
	char digits[24];
	ssize_t length = readlinkat(directory, link, digits, sizeof(digits));
	uint64_t owner;

	return length > 0 && text_number(digits, (size_t)length,
	    STATE_OWNER_UNKNOWN - 1, &owner) ? (uid_t)owner
	    : STATE_OWNER_UNKNOWN;
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
	note_failure("make", link);
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
settle_owner(struct state *state, int directory, const char *name, uid_t owner)
{
	const struct name link = with_suffix(name, OWNER_SUFFIX);

	state->owner = noted_owner(directory, link.at);
	if (owner == STATE_OWNER_UNKNOWN || owner == state->owner)
		return true;
	state->owner = owner;
	return note_owner(directory, link.at, owner);
}

/* --- names that do not tell the path -------------------------------------- */

/* The path that was noted for a digest; ENOENT if none was, EEXIST if it is
 * too long. */
static bool
noted_path(int directory, const char *name, char path[PATH_MAX])
{
	const struct name link = with_suffix(name, PATH_SUFFIX);
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

/* Whether the name is that of the path; else ENOENT if none was noted, EEXIST
 * if another was. */
static bool
is_name_of(int directory, const char *name, const char *path)
{
	char noted[PATH_MAX];

	if (!state_name_is_digest(name))
		return true;
	if (!noted_path(directory, name, noted))
		return false;
	errno = EEXIST;
	return strcmp(noted, path) == 0;
}

/* Notes the path of a digest, and makes sure that it is not another's. */
static enum maildrop_status
settle_path(int directory, const char *name, const char *path)
{
	const struct name link = with_suffix(name, PATH_SUFFIX);

	if (is_name_of(directory, name, path))
		return MAILDROP_OK;
	if (errno == ENOENT)
		return make_link(directory, link.at, path) ? MAILDROP_OK
		    : maildrop_status_of(errno);
	log_note(LOG_ERR, "cannot serve mailbox %s: its note %s is of another "
	    "mailbox", path, link.at);
	return MAILDROP_DAMAGED;
}

/* --- names of before ------------------------------------------------------ */

/*
 * Version 0.1 named the files after the path that was configured, links and
 * all. What has such a name is taken over by the first who comes by that path,
 * or by --recover; the redo log last, for it tells that there is something to
 * take over.
 */

/* Gives a file its new name if none has that. */
static bool
move_file(int directory, const char *from, const char *to, const char *suffix)
{
	const struct name old = with_suffix(from, suffix);
	const struct name new = with_suffix(to, suffix);

	if (size_of(directory, new.at) != -1 ||
	    renameat(directory, old.at, directory, new.at) == 0 ||
	    errno == ENOENT)
		return true;
	note_failure("rename", old.at);
	return false;
}

/* Of two interrupted updates, the one that others saw is finished first. */
static bool
move_redo_log(int directory, const char *from, const char *to)
{
	const struct name old = with_suffix(from, REDO_LOG_SUFFIX);
	const struct name new = with_suffix(to, REDO_LOG_SUFFIX);
	bool is_empty = size_of(directory, old.at) == 0;

	if (!is_empty && size_of(directory, new.at) > 0) {
		log_note(LOG_WARNING, "an interrupted update stays in %s until "
		    "the next login: another one comes first", old.at);
		return true;
	}
	if ((is_empty ? unlinkat(directory, old.at, 0)
	    : renameat(directory, old.at, directory, new.at)) == 0 &&
	    fd_sync(directory))
		return true;
	note_failure("take over", old.at);
	return false;
}

/* The ordinals, unless there are some. */
static void
move_content(const struct state *state, int old)
{
	const struct state before = { .fd = old };
	size_t length;
	char *content = state_read(state, &length);

	if (content == NULL) {
		content = state_read(&before, &length);
		if (content != NULL)
			state_write(state, content, length);
	}
	free(content);
}

/* Takes over what is named `from`; both session locks are held. */
static bool
take_over(const struct state *state, int directory, const char *from,
    const char *to, int old)
{
	if (old != -1)
		move_content(state, old);
	if (!move_file(directory, from, to, OWNER_SUFFIX) ||
	    !move_file(directory, from, to, ASIDE_SUFFIX))
		return false;
	unlinkat(directory, with_suffix(from, OWNER_SUFFIX).at, 0);
	unlinkat(directory, with_suffix(from, INDEX_SUFFIX).at, 0);
	unlinkat(directory, from, 0);
	return move_redo_log(directory, from, to);
}

/* Takes over what the path as it was given has a name for. */
static enum maildrop_status
take_over_any(const struct state *state, int directory, const char *path,
    const char *to)
{
	enum maildrop_status status = MAILDROP_OK;
	char from[STATE_NAME_SIZE];
	int old;

	state_name_make(path, from);
	if (strcmp(from, to) == 0 ||
	    size_of(directory, with_suffix(from, REDO_LOG_SUFFIX).at) == -1 ||
	    !is_name_of(directory, from, path))
		return MAILDROP_OK;
	old = openat(directory, from, O_RDWR | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);
	if (old != -1)
		status = take_lock(old, from);
	if (status == MAILDROP_OK &&
	    !take_over(state, directory, from, to, old))
		status = maildrop_status_of(errno);
	if (old != -1)
		close(old);
	return status;
}

/* --- opening and closing -------------------------------------------------- */

/* Fills in a state whose fields are all "none". `resolved` is where the mailbox
 * at `path` really is. */
static enum maildrop_status
open_all(struct state *state, int directory, const char *path,
    const char *resolved, uid_t owner)
{
	char name[STATE_NAME_SIZE];
	enum maildrop_status status;

	state_name_make(resolved, name);
	state->fd = open_file(directory, name);
	if (state->fd == -1)
		return maildrop_status_of(errno);
	status = take_lock(state->fd, name);
	if (status == MAILDROP_OK)
		status = settle_path(directory, name, resolved);
	if (status == MAILDROP_OK)
		status = take_over_any(state, directory, path, name);
	if (status != MAILDROP_OK)
		return status;
	if (!settle_owner(state, directory, name, owner))
		return maildrop_status_of(errno);
	state->redo_log = open_redo_log(directory, name);
	if (state->redo_log == NULL)
		return maildrop_status_of(errno);
	state->index = open_index(directory, name);
	return MAILDROP_OK;
}

enum maildrop_status
state_open(const char *directory, const char *path, uid_t owner,
    struct state **state)
{
	struct state *opened = calloc(1, sizeof(*opened));
	enum maildrop_status status = MAILDROP_TEMPORARY;
	char resolved[PATH_MAX];
	int fd;

	if (opened == NULL)
		return MAILDROP_TEMPORARY;
	opened->fd = opened->index = -1;
	if (!state_name_resolve(path, resolved)) {
		log_note(LOG_ERR, "mailbox path too long: %s", path);
		status = MAILDROP_DAMAGED;
	} else if ((fd = open_directory(directory)) == -1) {
		status = maildrop_status_of(errno);
	} else {
		status = open_all(opened, fd, path, resolved, owner);
		close(fd);
	}
	if (status == MAILDROP_OK)
		*state = opened;
	else
		state_close(opened);
	return status;
}

void
state_close(struct state *state)
{
	if (state == NULL)
		return;
	redo_log_free(state->redo_log);
	if (state->index != -1)
		close(state->index);
	if (state->fd != -1)
		close(state->fd);
	free(state);
}

int
state_session(const struct state *state)
{
	return state->fd;
}

struct redo_log *
state_redo_log(const struct state *state)
{
	return state->redo_log;
}

uid_t
state_owner(const struct state *state)
{
	return state->owner;
}

int
state_index(const struct state *state)
{
	return state->index;
}

/* --- all redo logs ------------------------------------------------------- */

/* If `name` is a redo log's, the mailbox's path. */
static bool
is_redo_log(int directory, const char *name, char path[PATH_MAX])
{
	size_t length = strlen(name), suffix = sizeof(REDO_LOG_SUFFIX) - 1;
	char state[STATE_NAME_SIZE];
	struct text text = text_over(state, sizeof(state));

	if (length <= suffix ||
	    strcmp(name + length - suffix, REDO_LOG_SUFFIX) != 0)
		return false;
	length -= suffix;
	text_add(&text, name, length);
	return state_name_is_digest(state) ? noted_path(directory, state, path)
	    : state_name_path(name, length, path);
}

bool
state_each_redo_log(const char *directory,
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
		if (is_redo_log(dirfd(entries), entry->d_name, path))
			each(context, path, size_of(dirfd(entries),
			    entry->d_name) <= 0);
	closedir(entries);
	return true;
}

/* --- the content -------------------------------------------------------- */

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
	if (fd_truncate(state->fd, 0) &&
	    fd_write_at(state->fd, line, SEAL_LENGTH, 0) &&
	    fd_write_at(state->fd, content, length, SEAL_LENGTH))
		return true;
	log_note(LOG_WARNING, "cannot note which of equal messages is which: "
	    "%s; their unique ids may change", strerror(errno));
	return false;
}
