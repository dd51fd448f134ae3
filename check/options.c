#include "check/options.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

#define FILE_MAX ((size_t)64 << 10)
#define WORDS_MAX 64
#define VARIABLE "OPTIONS="

/* The file's content, which the caller frees; NULL if there is none. */
static char *
read_file(void)
{
	int fd = open(SYSTEMD_OPTIONS, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t length;
	char *content;

	if (fd == -1)
		return NULL;
	content = fd_read_file(fd, FILE_MAX, &length);
	close(fd);
	return content;
}

/* The value of the last such line, with quotes as blanks: for systemd they are
 * around all of it (systemd.exec(5), EnvironmentFile=). */
static char *
find_value(char *content)
{
	char *value = NULL, *line;

	while ((line = strsep(&content, "\n")) != NULL) {
		line += strspn(line, " \t");
		if (strncmp(line, VARIABLE, strlen(VARIABLE)) == 0)
			value = line + strlen(VARIABLE);
	}
	for (char *at = value; at != NULL && *at != '\0'; at++)
		if (*at == '"' || *at == '\'')
			*at = ' ';
	return value;
}

/* Fills words with `value`'s, then with argv's own; how many they are. */
static int
join(char **words, char *value, int argc, char **argv)
{
	int count = 0;
	char *word;

	words[count++] = argv[0];
	while ((word = strsep(&value, " \t")) != NULL && count < WORDS_MAX)
		if (word[0] != '\0')
			words[count++] = word;
	for (int i = 1; i < argc; i++)
		words[count++] = argv[i];
	words[count] = NULL;
	return count;
}

/* Parses them, with those of the command line behind them. */
static bool
parse(struct settings *s, char *value, int argc, char **argv)
{
	char **words = calloc(WORDS_MAX + (size_t)argc + 1, sizeof(*words));

	return words != NULL &&
	    settings_parse(s, join(words, value, argc, argv), words);
}

bool
check_options(struct report *report, struct settings *s, int argc, char **argv)
{
	char *content = access("/run/systemd/system", F_OK) == 0 ? read_file()
	    : NULL;
	char *value = content != NULL ? find_value(content) : NULL;
	bool done;

	report->question = "options";
	if (value == NULL) {
		free(content);
		return true;
	}
	done = parse(s, value, argc, argv);
	if (done)
		report_line(report, REPORT_OK, NULL, "those of "
		    SYSTEMD_OPTIONS ", too");
	else
		report_line(report, REPORT_FAIL, "mend that line",
		    SYSTEMD_OPTIONS " has options that cannot be used, and "
		    "the units do not start");
	settings_complete(s);
	return done;
}
