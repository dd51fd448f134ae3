#include "import/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

#define CAPTURED_MAX ((size_t)1 << 30)

/* "4294967295 ID\n", and the same with octets. */
#define LINE_SIZE ((size_t)2 * (11 + UIDL_SIZE + 1))

struct file_name {
	char at[PATH_MAX];
};

static struct file_name
name_file(const char *directory, const char *name, const char *suffix)
{
	struct file_name file = { "" };
	struct strbuf text = strbuf_init(file.at, sizeof(file.at));

	strbuf_format(&text, "%s/%s%s", directory, name, suffix);
	return file;
}

static void
failed(const char *what, const struct file_name *file)
{
	log_note(LOG_ERR, "cannot %s %s: %s", what, file->at,
	    strerror(errno));
}

char *
capture_read(const char *directory, const char *name)
{
	const struct file_name file = name_file(directory, name, "");
	int fd = open(file.at, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	size_t length;
	char *text = fd == -1 ? NULL : fd_read_file(fd, CAPTURED_MAX, &length);

	if (text == NULL)
		failed("read", &file);
	if (fd != -1)
		close(fd);
	return text;
}

int
capture_draft(const char *directory, const char *name)
{
	const struct file_name file = name_file(directory, name, ".new");
	int fd = open(file.at, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW |
	    O_CLOEXEC, 0600);

	if (fd == -1)
		failed("make", &file);
	return fd;
}

bool
capture_close(const char *directory, const char *name, int draft, bool is_good)
{
	const struct file_name new = name_file(directory, name, ".new");
	const struct file_name file = name_file(directory, name, "");
	bool done = is_good && fd_sync(draft) && rename(new.at, file.at) == 0;

	if (is_good && !done)
		failed("write", &file);
	if (!done)
		unlink(new.at);
	return done;
}

/* Both answers. */
static void
add_answers(const struct maildrop *maildrop, struct strbuf *text)
{
	size_t count = maildrop_count(maildrop);

	strbuf_format(text, "+OK\n");
	for (size_t number = 1; number <= count; number++) {
		strbuf_format(text, "%zu ", number);
		maildrop_uidl(maildrop, number, text);
		strbuf_add(text, "\n", 1);
	}
	strbuf_format(text, ".\n+OK\n");
	for (size_t number = 1; number <= count; number++)
		strbuf_format(text, "%zu %" PRIu64 "\n", number,
		    maildrop_octets(maildrop, number));
	strbuf_format(text, ".\n");
}

bool
capture_write(const struct maildrop *maildrop, int draft)
{
	size_t size = (maildrop_count(maildrop) + 1) * LINE_SIZE;
	char *at = malloc(size);
	struct strbuf text;
	bool done = false;

	if (at != NULL) {
		text = strbuf_init(at, size);
		add_answers(maildrop, &text);
		done = !text.truncated && fd_write_at(draft, at, text.length,
		    0);
	}
	if (!done)
		log_note(LOG_ERR, "cannot write unique ids: %s",
		    strerror(errno));
	free(at);
	return done;
}
