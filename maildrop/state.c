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

#define CONTENT_MAX (64 << 20)

/* "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n", the digest of what follows. */
#define SEAL_LENGTH 33

/* What follows a mailbox's name in the journal's: no name has it, as there '%'
 * is always followed by digits. */
#define JOURNAL_SUFFIX "%journal"
#define ASIDE_SUFFIX "%aside"
#define INDEX_SUFFIX "%index"
#define OWNER_SUFFIX "%owner"

struct state {
	int fd, index;
	struct journal *journal;
	uid_t owner;
};

/*
 * The name of the state file: the mailbox's path with '/' as '!', and '!', '%'
 * and what is not graphic ASCII as %XX, so that no two paths share a name.
 */
static bool
file_name(const char *path, char name[NAME_MAX + 1])
{
	struct text text = text_over(name, NAME_MAX + 1 -
	    (sizeof(JOURNAL_SUFFIX) - 1));

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

/* The path that file_name made the name from. */
static bool
path_of(const char *name, size_t length, char path[NAME_MAX + 1])
{
	struct text text = text_over(path, NAME_MAX + 1);
	uint64_t octet;

	for (size_t i = 0; i < length; i++) {
		if (name[i] == '!') {
			text_add(&text, "/", 1);
		} else if (name[i] != '%') {
			text_add(&text, &name[i], 1);
		} else if (length - i < 3 ||
		    !text_hexadecimal(&name[i + 1], 2, &octet)) {
			return false;
		} else {
			text_add(&text, &(char){ (char)octet }, 1);
			i += 2;
		}
	}
	return !text.cut && path[0] == '/';
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

/* Makes the file, and its name durable; no log line. */
static int
make_file(int directory, const char *name)
{
	int fd = openat(directory, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
	    0600);
	int error;

	if (fd != -1 && !fd_sync(directory)) {
		error = errno;
		close(fd);
		errno = error;
		fd = -1;
	}
	return fd;
}

static int
open_file(int directory, const char *name)
{
	int fd = openat(directory, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);

	if (fd == -1 && errno == ENOENT)
		fd = make_file(directory, name);
	if (fd == -1 && errno == EEXIST)	/* made by another meanwhile */
		fd = openat(directory, name, O_RDWR | O_NOFOLLOW |
		    O_NONBLOCK | O_CLOEXEC);
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

/* Gives a journal that only a human can use another name. One is kept: what
 * a second one would push out may be the only copy of mail. */
static bool
move_aside(int directory, const char *journal, const char *name)
{
	char aside[2 * NAME_MAX];

	snprintf(aside, sizeof(aside), "%s%s", name, ASIDE_SUFFIX);
	if (faccessat(directory, aside, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		errno = EEXIST;
	else if (renameat(directory, journal, directory, aside) == 0 &&
	    fd_sync(directory)) {
		log_note(LOG_CRIT, "an interrupted update cannot be finished: "
		    "its journal is kept as %s", aside);
		return true;
	}
	log_note(LOG_CRIT, "an interrupted update cannot be finished, and its "
	    "journal cannot be kept as %s: %s", aside, strerror(errno));
	return false;
}

/* Opens the journal `journal` of the state file `name`, a new one if it was
 * set aside. */
static int
open_usable(int directory, const char *journal, const char *name)
{
	int fd = open_file(directory, journal);
	bool is_aside;

	if (fd == -1)
		return -1;
	if (!journal_look_aside(fd, &is_aside)) {
		/* what cannot be read may be the only copy of mail */
		note_failure("read state file", journal);
		close(fd);
		return -1;
	}
	if (!is_aside)
		return fd;
	close(fd);
	return move_aside(directory, journal, name)
	    ? open_file(directory, journal) : -1;
}

static struct journal *
open_journal(int directory, const char *name)
{
	char journal[2 * NAME_MAX];
	struct journal *opened;
	int fd;

	snprintf(journal, sizeof(journal), "%s%s", name, JOURNAL_SUFFIX);
	fd = open_usable(directory, journal, name);
	if (fd == -1)
		return NULL;
	opened = journal_new(fd);
	if (opened == NULL)
		close(fd);
	return opened;
}

/* Makes it if need be; nothing is lost if its name is. -1 will do, too. */
static int
open_index(int directory, const char *name)
{
	char index[2 * NAME_MAX];
	int fd;

	snprintf(index, sizeof(index), "%s%s", name, INDEX_SUFFIX);
	fd = openat(directory, index, O_RDWR | O_CREAT | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd == -1)
		log_note(LOG_WARNING, "cannot open index %s: %s; going on "
		    "without it", index, strerror(errno));
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

/* A link to the number: there whole, or not at all. */
static bool
note_owner(int directory, const char *link, uid_t owner)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%lu", (unsigned long)owner);
	if ((unlinkat(directory, link, 0) == 0 || errno == ENOENT) &&
	    symlinkat(digits, directory, link) == 0 && fd_sync(directory))
		return true;
	note_failure("make", link);
	return false;
}

static bool
settle_owner(struct state *state, int directory, const char *name, uid_t owner)
{
	char link[2 * NAME_MAX];

	snprintf(link, sizeof(link), "%s%s", name, OWNER_SUFFIX);
	state->owner = noted_owner(directory, link);
	if (owner == STATE_OWNER_UNKNOWN || owner == state->owner)
		return true;
	state->owner = owner;
	return note_owner(directory, link, owner);
}

/* Fills in a state whose fields are all "none". */
static enum maildrop_status
open_all(struct state *state, int directory, const char *name, uid_t owner)
{
	enum maildrop_status status;

	state->fd = open_file(directory, name);
	if (state->fd == -1)
		return maildrop_status_of(errno);
	status = take_lock(state->fd, name);
	if (status != MAILDROP_OK)
		return status;
	if (!settle_owner(state, directory, name, owner))
		return maildrop_status_of(errno);
	state->journal = open_journal(directory, name);
	if (state->journal == NULL)
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
	char name[NAME_MAX + 1];
	int fd;

	if (opened == NULL)
		return MAILDROP_TEMPORARY;
	opened->fd = opened->index = -1;
	if (!file_name(path, name)) {
		log_note(LOG_ERR, "mailbox path too long: %s", path);
		status = MAILDROP_DAMAGED;
	} else if ((fd = open_directory(directory)) == -1) {
		status = maildrop_status_of(errno);
	} else {
		status = open_all(opened, fd, name, owner);
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
	journal_free(state->journal);
	if (state->index != -1)
		close(state->index);
	if (state->fd != -1)
		close(state->fd);
	free(state);
}

struct journal *
state_journal(const struct state *state)
{
	return state->journal;
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

/* --- all journals ------------------------------------------------------- */

/* If `name` is a journal's with something in it, the mailbox's path. */
static bool
is_journal(int directory, const char *name, char path[NAME_MAX + 1])
{
	size_t length = strlen(name), suffix = sizeof(JOURNAL_SUFFIX) - 1;
	struct stat status;

	return length > suffix &&
	    strcmp(name + length - suffix, JOURNAL_SUFFIX) == 0 &&
	    fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	    status.st_size > 0 && path_of(name, length - suffix, path);
}

bool
state_each_journal(const char *directory,
    void (*each)(void *context, const char *path), void *context)
{
	DIR *entries = opendir(directory);
	const struct dirent *entry;
	char path[NAME_MAX + 1];

	if (entries == NULL) {
		log_note(LOG_ERR, "cannot open state directory %s: %s",
		    directory, strerror(errno));
		return false;
	}
	while ((entry = readdir(entries)) != NULL)
		if (is_journal(dirfd(entries), entry->d_name, path))
			each(context, path);
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
	log_note(LOG_WARNING, "cannot write the state file: %s",
	    strerror(errno));
	return false;
}
