#include "check/words.h"

#include <string.h>

bool
words_split(char *line, char **words, size_t count)
{
	size_t found = 0;
	char *word;

	while (found < count && (word = strsep(&line, " \t\n")) != NULL)
		if (word[0] != '\0')
			words[found++] = word;
	return found == count;
}
