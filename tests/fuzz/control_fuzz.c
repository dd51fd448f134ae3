/*
 * The control files of a maildrop: the content of the session file is what was sealed or
 * nothing, its name leads back to the mailbox, and that has one place.
 *
 * An octet: 1 seals the content, 2 damages an octet of what was sealed. A line
 * with the mailbox's path (without its first slash), then the content.
 */
#include "maildrop/control_content.c"

#include <sys/types.h>

#include "maildrop/control_name.h"
#include "maildrop/ordinals.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/quiet_log.h"

enum flags { SEALED = 1, DAMAGED = 2 };

/* --- names -------------------------------------------------------------- */

/* Every path has a name of its own, that leads back to it if it is no
 * digest. */
static void
check_path(const char *path)
{
	char name[CONTROL_NAME_SIZE], back[PATH_MAX];

	control_name_make(path, name);
	fuzz_require(strchr(name, '/') == NULL &&
	    name[0] == (control_name_is_digest(name) ? '%' : '!'), "%s", name);
	fuzz_require(control_name_is_digest(name) ||
	    (control_name_path(name, strlen(name), back) &&
	    strcmp(back, path) == 0), "%s leads to %s", name, back);
}

/* Any name is the name of at most one path. */
static void
check_name(const char *name)
{
	char path[PATH_MAX];

	if (control_name_path(name, strlen(name), path))
		fuzz_require(path[0] == '/', "%s", path);
}

/* Whether a path has a part that is one of the two, not counting its last. */
static bool
has_part(const char *path, const char *a, const char *b)
{
	const char *slash;

	for (; (slash = strchr(path, '/')) != NULL; path = slash + 1) {
		size_t length = (size_t)(slash - path);

		if ((length == strlen(a) && memcmp(path, a, length) == 0) ||
		    (length == strlen(b) && memcmp(path, b, length) == 0))
			return true;
	}
	return false;
}

/* Where a mailbox really is has no part that says nothing, and is where it is
 * itself. Parts that do not exist hide what comes behind them. */
static void
check_resolved(const char *path)
{
	char resolved[PATH_MAX], again[PATH_MAX];

	if (!control_name_resolve(path, resolved))
		return;
	fuzz_require(resolved[0] == '/' &&
	    !has_part(resolved + 1, "", "."), "%s", resolved);
	fuzz_require(control_name_resolve(resolved, again) &&
	    strcmp(resolved, again) == 0, "%s is %s", resolved, again);
}

/* --- content ------------------------------------------------------------ */

/* The ordinals that were read, or NULL, must be good for something. */
static void
check_use(const char *content)
{
	struct message_list list = { 0 };
	const struct message message = { .ordinal = 1 };

	fuzz_require(message_list_add(&list, &message, false, 0) &&
	    ordinals_assign(&list, content) && list.at[0].ordinal >= 1,
	    "ordinals");
	message_list_clear(&list);
}

/* Whether the file, as it is now, begins with the digest of the rest. */
static bool
is_sealed(int fd)
{
	char file[8192], line[SEAL_LENGTH + 1];
	ssize_t length = pread(fd, file, sizeof(file), 0);
	struct digest digest;

	if (length < SEAL_LENGTH)
		return false;
	digest = digest_of(file + SEAL_LENGTH, (size_t)length - SEAL_LENGTH);
	snprintf(line, sizeof(line), "%016" PRIx64 "%016" PRIx64 "\n",
	    digest.high, digest.low);
	return memcmp(file, line, SEAL_LENGTH) == 0;
}

static void
put_content(int fd, unsigned flags,
    struct fuzz_input content)
{
	size_t at = content.length == 0 ? 0
	    : (unsigned char)content.at[0] % (content.length + SEAL_LENGTH);
	char octet = 0;

	if ((flags & SEALED) == 0) {
		fuzz_require(content.length == 0 || fd_write_at(fd,
		    content.at, content.length, 0), "cannot write");
		return;
	}
	fuzz_require(control_content_write(fd, content.at, content.length),
	    "cannot write");
	if ((flags & DAMAGED) == 0)
		return;
	fuzz_require(fd_read_at(fd, &octet, 1, at) == 1, "cannot read");
	octet ^= 1;
	fuzz_require(fd_write_at(fd, &octet, 1, at), "cannot write");
}

static void
check_content(unsigned flags, struct fuzz_input content)
{
	int fd = fuzz_file("", 0);
	size_t length = 0;
	char *found;

	put_content(fd, flags, content);
	found = control_content_read(fd, &length);
	fuzz_require((found != NULL) == is_sealed(fd),
	    "sealed or not");
	fuzz_require((flags & SEALED) == 0 ||
	    (found == NULL) == ((flags & DAMAGED) != 0), "damaged or not");
	if ((flags & SEALED) != 0 && found != NULL)
		fuzz_require(length == content.length && found[length] == '\0'
		    && memcmp(found, content.at, length) == 0, "changed");
	check_use(found);
	free(found);
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	struct fuzz_input input = fuzz_input(octets, length);
	unsigned flags = fuzz_octet(&input);
	struct fuzz_input line = fuzz_until(&input, '\n');
	char *name = fuzz_string(line), *path;

	path = fuzz_memory(strlen(name) + 2);
	sprintf(path, "/%s", name);
	check_path(path);
	check_resolved(path);
	check_name(name);
	free(name);
	free(path);
	if (input.length == 0)
		input.at = "";
	check_content(flags, input);
	return 0;
}
