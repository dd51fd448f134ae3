/* The words of a line, as the tables of /proc have them (pure). */
#ifndef CHECK_WORDS_H
#define CHECK_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* Cuts the line at its blanks; false if it has fewer than `count` words. */
bool words_split(char *line, char **words, size_t count);

#endif
