/*
 * login.defs against a naive reading of it.
 *
 * A line with the key, then the file.
 */
#include <fcntl.h>

#include "tests/fuzz/fuzz.h"

/* The file under test, whatever path is asked for. */
static int login_defs_fd;

static int
open_login_defs(const char *path, int flags)
{
	(void)path;
	(void)flags;
	return dup(login_defs_fd);
}
#define open open_login_defs
#include "auth/login_defs.c"

/* The word after the key on a line; NULL if it is not there. */
static char *
word_on(char *line, const char *key)
{
	char *at = line + strspn(line, BLANK);

	if (strncmp(at, key, strlen(key)) != 0)
		return NULL;
	at += strlen(key);
	if (at[0] == '\0' || strchr(BLANK, at[0]) == NULL)
		return NULL;
	at += strspn(at, BLANK);
	at[strcspn(at, BLANK)] = '\0';
	return at;
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	struct fuzz_input input = fuzz_input(octets, length);
	char *key = fuzz_string(fuzz_until(&input, '\n'));
	char *copy = fuzz_string(input), *rest = copy, *line;
	char word[16] = "", *last = NULL;
	bool found;

	login_defs_fd = fuzz_file(input.at, input.length);
	found = key[0] != '\0' && login_defs_word(key, word, sizeof(word));
	while (key[0] != '\0' && (line = strsep(&rest, "\n")) != NULL) {
		char *at = word_on(line, key);
		if (at != NULL)
			last = at;
	}
	if (last != NULL && (last[0] == '\0' || strlen(last) >= sizeof(word)))
		last = NULL;
	fuzz_require(found == (last != NULL) &&
	    (last == NULL || strcmp(word, last) == 0), "\"%s\", not \"%s\"",
	    found ? word : "(none)", last == NULL ? "(none)" : last);
	close(login_defs_fd);
	free(key);
	free(copy);
	free(contents);
	contents = NULL;
	return 0;
}
