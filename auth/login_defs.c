#include "auth/login_defs.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/strbuf.h"
#include "base/text.h"

#define LOGIN_DEFS "/etc/login.defs"
#define LOGIN_DEFS_MAX (1 << 20)
#define BLANK " \t\""

static char *contents;		/* of the file, read once */

static void
read_once(void)
{
	int fd = contents == NULL ? open(LOGIN_DEFS, O_RDONLY | O_CLOEXEC) : -1;
	size_t length;

	if (fd == -1)
		return;
	contents = fd_read_file(fd, LOGIN_DEFS_MAX, &length);
	close(fd);
}

/* If a line is "key word", copies the word: "" if it does not fit. */
static bool
match_line(const char *line, const char *key, char *word, size_t size)
{
	struct strbuf text;

	line += strspn(line, BLANK);
	if (strncmp(line, key, strlen(key)) != 0)
		return false;
	line += strlen(key);
	if (strspn(line, BLANK) == 0)
		return false;
	line += strspn(line, BLANK);
	text = strbuf_init(word, size);
	strbuf_add(&text, line, strcspn(line, BLANK "\n"));
	if (text.truncated)
		text = strbuf_init(word, size);
	return true;
}

bool
login_defs_word(const char *key, char *word, size_t size)
{
	const char *line;
	bool found = false;

	read_once();
	line = contents;
	while (line != NULL) {
		found |= match_line(line, key, word, size);
		line = strchr(line, '\n');
		if (line != NULL)
			line++;
	}
	return found && word[0] != '\0';
}

uint64_t
login_defs_number(const char *key, uint64_t otherwise)
{
	char word[32];
	uint64_t number = otherwise;

	if (login_defs_word(key, word, sizeof(word)))
		text_number(word, strlen(word), UINT32_MAX, &number);
	return number;
}
