#include "maildrop/control_name.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/strbuf.h"
#include "base/text.h"

/* As many as the kernel follows, path_resolution(7). */
#define LINKS_MAX 40

/* How the name of a digest begins; no path's begins so. */
#define DIGEST_PREFIX "%long-"

/* --- where a mailbox really is ------------------------------------------- */

struct walk {
	struct strbuf done;	/* without links, without a '/' at its end */
	char rest[PATH_MAX];
	const char *at;		/* in it: what is still to be walked */
	unsigned links;
	bool is_lost;		/* nothing more can be told of what comes */
};

enum sort { SORT_PLAIN, SORT_LINK, SORT_UNKNOWN };

/* The target of the link at `path`. What a user has put there is of no use: he
 * would have the state of somebody else's mailbox. What is looked at is one
 * file, whatever he does meanwhile. */
static enum sort
read_link(const char *path, char target[PATH_MAX])
{
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;
	ssize_t length = -1;

	if (fd == -1)
		return SORT_UNKNOWN;
	if (fstat(fd, &status) == 0 &&
	    (status.st_uid == 0 || status.st_uid == geteuid()))
		length = readlinkat(fd, "", target, PATH_MAX);
	close(fd);
	if (length <= 0 || length == PATH_MAX)
		return SORT_UNKNOWN;
	target[length] = '\0';
	return SORT_LINK;
}

static enum sort
look_at(const char *path, char target[PATH_MAX])
{
	if (readlink(path, target, PATH_MAX) != -1)
		return read_link(path, target);
	return errno == EINVAL ? SORT_PLAIN : SORT_UNKNOWN;
}

static void
drop_last(struct strbuf *path)
{
	while (path->length > 0 && path->at[--path->length] != '/')
		;
	path->at[path->length] = '\0';
}

/* Goes on with the target of the link that `done` ends with. */
static bool
follow(struct walk *walk, const char *target)
{
	char path[PATH_MAX];
	struct strbuf text = strbuf_init(path, sizeof(path));

	strbuf_format(&text, "%s/%s", target, walk->at);
	if (text.truncated)
		return false;
	memcpy(walk->rest, path, text.length + 1);
	walk->at = walk->rest;
	if (target[0] == '/')
		walk->done = strbuf_init(walk->done.at, walk->done.size);
	else
		drop_last(&walk->done);
	return true;
}

/* Looks at the file that `done` names; false if what comes does not fit. */
static bool
walk_on(struct walk *walk)
{
	char target[PATH_MAX];
	enum sort sort = look_at(walk->done.at, target);

	if (sort == SORT_LINK && ++walk->links <= LINKS_MAX)
		return follow(walk, target);
	walk->is_lost = sort != SORT_PLAIN;
	return true;
}

/* Takes the part of `length` octets that comes next, a directory. */
static bool
walk_part(struct walk *walk, size_t length)
{
	const char *part = walk->at;

	walk->at += length + 1;
	if (length == 0 || (length == 1 && part[0] == '.'))
		return true;
	if (!walk->is_lost && length == 2 && memcmp(part, "..", 2) == 0) {
		drop_last(&walk->done);
		return true;
	}
	strbuf_add(&walk->done, "/", 1);
	strbuf_add(&walk->done, part, length);
	if (walk->done.truncated)
		return false;
	return walk->is_lost || walk_on(walk);
}

bool
control_name_resolve(const char *path, char resolved[PATH_MAX])
{
	struct walk walk = { .done = strbuf_init(resolved, PATH_MAX) };
	struct strbuf rest = strbuf_init(walk.rest, sizeof(walk.rest));
	const char *slash;

	strbuf_add(&rest, path, strlen(path));
	if (rest.truncated)
		return false;
	walk.at = walk.rest;
	while ((slash = strchr(walk.at, '/')) != NULL)
		if (!walk_part(&walk, (size_t)(slash - walk.at)))
			return false;
	strbuf_add(&walk.done, "/", 1);
	strbuf_add(&walk.done, walk.at, strlen(walk.at));
	return !walk.done.truncated;
}

/* --- the name of a path --------------------------------------------------- */

void
control_name_make(const char *path, char name[CONTROL_NAME_SIZE])
{
	struct strbuf text = strbuf_init(name, CONTROL_NAME_SIZE);
	struct digest digest;

	for (const char *at = path; *at != '\0'; at++) {
		if (*at == '/')
			strbuf_add(&text, "!", 1);
		else if (*at == '!' || *at == '%' || !text_is_graphic(at, 1))
			strbuf_format(&text, "%%%02X",
			    (unsigned)(unsigned char)*at);
		else
			strbuf_add(&text, at, 1);
	}
	if (!text.truncated)
		return;
	digest = digest_of(path, strlen(path));
	text = strbuf_init(name, CONTROL_NAME_SIZE);
	strbuf_add(&text, DIGEST_PREFIX, sizeof(DIGEST_PREFIX) - 1);
	strbuf_add_hex(&text, digest.high);
	strbuf_add_hex(&text, digest.low);
}

bool
control_name_is_digest(const char *name)
{
	return strncmp(name, DIGEST_PREFIX, sizeof(DIGEST_PREFIX) - 1) == 0;
}

bool
control_name_path(const char *name, size_t length, char path[PATH_MAX])
{
	struct strbuf text = strbuf_init(path, PATH_MAX);
	uint64_t octet;

	for (size_t i = 0; i < length; i++) {
		if (name[i] == '!') {
			strbuf_add(&text, "/", 1);
		} else if (name[i] != '%') {
			strbuf_add(&text, &name[i], 1);
		} else if (length - i < 3 ||
		    !text_hexadecimal(&name[i + 1], 2, &octet)) {
			return false;
		} else {
			strbuf_add(&text, &(char){ (char)octet }, 1);
			i += 2;
		}
	}
	return !text.truncated && path[0] == '/';
}
