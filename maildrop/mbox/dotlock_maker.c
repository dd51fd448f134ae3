#include "maildrop/mbox/dotlock_maker.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/strbuf.h"
#include "base/text.h"

#define OUR_NAME "pop3-handler"
#define CONTENT_MAX 512

struct dotlock_self
dotlock_self(int session, const char *boot)
{
	struct dotlock_self self = { .host = "" };
	struct stat status;

	gethostname(self.host, sizeof(self.host) - 1);
	snprintf(self.boot, sizeof(self.boot), "%s", boot);
	if (fstat(session, &status) == 0)
		snprintf(self.session, sizeof(self.session),
		    "%" PRIuMAX ":%" PRIuMAX, (uintmax_t)status.st_dev,
		    (uintmax_t)status.st_ino);
	return self;
}

bool
dotlock_maker_write(const struct dotlock_self *self, int fd)
{
	char content[CONTENT_MAX];
	struct strbuf text = strbuf_init(content, sizeof(content));

	strbuf_format(&text, "%ld\n" OUR_NAME " %s %s %s\n", (long)getpid(),
	    self->host, self->boot[0] != '\0' ? self->boot : "-",
	    self->session);
	return fd_write_at(fd, text.at, text.length, 0);
}

/* Takes the next word of a line, and the space after it; whether it is that
 * one, which is not empty. */
static bool
take_word(const char **at, const char *wanted)
{
	size_t length = strcspn(*at, " \n");
	bool is_so = length > 0 && length == strlen(wanted) &&
	    memcmp(*at, wanted, length) == 0;

	*at += length;
	*at += **at == ' ';
	return is_so;
}

static void
take_host(const struct dotlock_self *self, const char **at,
    struct dotlock_maker *maker)
{
	bool says = strcspn(*at, " \n") > 0;

	maker->is_of_host = take_word(at, self->host);
	maker->is_of_another = says && !maker->is_of_host;
}

static void
read_line(const struct dotlock_self *self, const char *line,
    struct dotlock_maker *maker)
{
	maker->is_ours = take_word(&line, OUR_NAME);
	if (!maker->is_ours)
		return;
	take_host(self, &line, maker);
	maker->is_of_boot = take_word(&line, self->boot);
	maker->is_of_session = take_word(&line, self->session) &&
	    *line == '\n';
}

struct dotlock_maker
dotlock_maker_read(const struct dotlock_self *self, int fd)
{
	char content[CONTENT_MAX + 1];
	struct dotlock_maker maker = { .pid = 0 };
	ssize_t length = fd == -1 ? -1
	    : fd_read_at(fd, content, CONTENT_MAX, 0);
	const char *at = content;
	size_t digits;

	if (length <= 0)
		return maker;
	content[length] = '\0';
	digits = strspn(at, "0123456789");
	if (!text_number(at, digits, INT32_MAX, &maker.pid))
		maker.pid = 0;
	at += digits;
	if (digits > 0 && *at == ':') {
		at++;
		take_host(self, &at, &maker);
	}
	at += strcspn(at, "\n");
	if (*at == '\n')
		read_line(self, at + 1, &maker);
	return maker;
}
