/* Accounts from a file of passwd(5) lines, the crypt(3) hash in field 2. A line
 * without seven fields, or with ids that are no decimal numbers, is no line,
 * and a login by its name says so; the first good one for a name counts. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/hashed.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "base/text.h"

#define ACCOUNTS_FILE_MAX (64 << 20)
#define FIELDS 7

struct accounts_file {
	int fd;
	char *contents;
	size_t length;
};

static bool
is_trusted(int fd, const char *path)
{
	struct stat status;

	if (fstat(fd, &status) == -1 || !S_ISREG(status.st_mode)) {
		log_note(LOG_ERR, "refusing accounts file %s: not a regular "
		    "file", path);
		return false;
	}
	if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		log_note(LOG_ERR, "refusing accounts file %s: others may "
		    "change it: mode %03o", path,
		    (unsigned)status.st_mode & 0777);
		return false;
	}
	return true;
}

/* NUL octets would hide what follows them. */
static bool
read_accounts(struct accounts_file *file, const char *path)
{
	if (!is_trusted(file->fd, path))
		return false;
	file->contents = fd_read_file(file->fd, ACCOUNTS_FILE_MAX,
	    &file->length);
	if (file->contents == NULL) {
		log_note(LOG_ERR, "cannot read %s: %s", path, strerror(errno));
		return false;
	}
	if (memchr(file->contents, '\0', file->length) != NULL) {
		log_note(LOG_ERR, "refusing accounts file %s: it holds NUL "
		    "octets", path);
		return false;
	}
	return true;
}

static void
file_close(void *source)
{
	struct accounts_file *file = source;

	if (file == NULL)
		return;
	if (file->contents != NULL)
		text_wipe(file->contents, file->length);
	free(file->contents);
	if (file->fd != -1)
		close(file->fd);
	free(file);
}

static bool
file_open(const char *path, int passed, void **source)
{
	struct accounts_file *file = calloc(1, sizeof(*file));

	if (file == NULL)
		return false;
	file->fd = passed != -1 ? passed
	    : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (file->fd == -1)
		log_note(LOG_ERR, "cannot open %s: %s", path, strerror(errno));
	if (file->fd == -1 || !read_accounts(file, path)) {
		file_close(file);
		return false;
	}
	*source = file;
	return true;
}

static int
file_descriptor(const void *source)
{
	const struct accounts_file *file = source;

	return file->fd;
}

/* Cuts a copy of a line, without its LF, at the colons. What stands behind the
 * seventh field (Dovecot has more of them) belongs to that. How many there
 * are. */
static size_t
split(char *line, char *fields[FIELDS])
{
	size_t count = 0;

	while (line != NULL && count < FIELDS) {
		char *colon = strchr(line, ':');

		fields[count++] = line;
		if (colon != NULL)
			*colon++ = '\0';
		line = colon;
	}
	return count;
}

static bool
take_id(const char *field, uint32_t *id)
{
	uint64_t number;

	/* The highest id means "none" to the kernel. */
	if (!text_number(field, strlen(field), UINT32_MAX - 1, &number))
		return false;
	*id = (uint32_t)number;
	return true;
}

/* Fills the entry; or says why the line cannot be used. */
static const char *
fault_of(char *const fields[FIELDS], size_t count, struct auth_entry *entry)
{
	uint32_t uid, gid;

	if (count < FIELDS)
		return "it has fewer than seven fields";
	if (!take_id(fields[2], &uid) || !take_id(fields[3], &gid))
		return "user and group are not two numbers";
	auth_entry_fill(entry, fields[0], fields[1], uid, gid, fields[5]);
	return NULL;
}

/* Whether it is the line of this name, and can be used. */
static bool
match_line(const char *line, size_t length, const char *name,
    struct auth_entry *entry)
{
	char copy[AUTH_NAME_SIZE + PASSWORD_HASH_SIZE + 4 * AUTH_HOME_SIZE];
	struct strbuf text = strbuf_init(copy, sizeof(copy));
	char *fields[FIELDS];
	const char *fault = "it is too long";
	size_t count;
	bool is_ours;

	strbuf_add(&text, line, length);
	count = split(copy, fields);
	is_ours = count > 0 && strcmp(fields[0], name) == 0;
	if (is_ours && !text.truncated)
		fault = fault_of(fields, count, entry);
	if (is_ours && fault != NULL)
		log_note(LOG_ERR, "the accounts file's line of %s cannot be "
		    "used: %s", name, fault);
	text_wipe(copy, sizeof(copy));
	return is_ours && fault == NULL;
}

static enum auth_lookup
file_lookup(const void *source, const char *name, struct auth_entry *entry)
{
	const struct accounts_file *file = source;
	const char *line = file->contents;

	while (*line != '\0') {
		size_t length = strcspn(line, "\n");

		if (match_line(line, length, name, entry))
			return AUTH_FOUND;
		line += length + (line[length] == '\n');
	}
	return AUTH_UNKNOWN;
}

static void
file_kinds(const void *source, struct password_kinds *kinds)
{
	const struct accounts_file *file = source;

	password_kinds_add(kinds, file->contents);
}

static const struct hashed_source hashed = { file_lookup, file_kinds };

static enum auth_status
file_ask(const void *source, const struct auth_request *request,
    struct auth_account *account, enum auth_reason *reason)
{
	return hashed_ask(&hashed, source, request, account, reason);
}

static enum auth_lookup
file_find(const void *source, const struct auth_request *request,
    struct auth_account *account, enum auth_reason *reason)
{
	return hashed_find(&hashed, source, request, account, reason);
}

const struct auth_source auth_file = {
	.open = file_open,
	.descriptor = file_descriptor,
	.ask = file_ask,
	.find = file_find,
	.close = file_close,
};
