/*
 * Long options from a table: --name=VALUE, --name VALUE and --flag. The table
 * is the whole truth about them; the help is printed from it.
 */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define OPTIONS_MAX 32

struct option_row {
	const char *name;
	const char *value;	/* what to call its value; NULL for a flag */
	const char *help;	/* lines separated by '\n' */
	/* Takes the value (NULL for a flag) into the caller's settings, and
	 * returns NULL, or what a valid value would be. The value lives as
	 * long as argv. */
	const char *(*take)(void *settings, const char *value);
};

/* Parses argv; the table ends with a row whose name is NULL and has fewer
 * than OPTIONS_MAX rows. Returns false after one line on standard error. */
bool options_parse(const struct option_row *, int argc, char **argv,
    void *settings);

/* Prints a line or more for each row. */
void options_help(const struct option_row *, FILE *);

#endif
