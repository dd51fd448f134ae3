/*
 * Long options from a table: --name=VALUE, --name VALUE and --flag. A row says
 * everything of an option: where its value goes, which values are valid, what
 * the help and an error say of it.
 *
 * Rows are made by the macros below. One whose field has another type than the
 * kind of option needs does not compile.
 */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define OPTIONS_MAX 48

enum option_kind {
	OPTION_TEXT, OPTION_LIST, OPTION_WORD, OPTION_NUMBER, OPTION_FLAG
};

/* The values of an option that can be given more than once. */
#define OPTION_LIST_MAX 16
struct option_list {
	size_t count;
	const char *at[OPTION_LIST_MAX];
};

/* A word and the value that it stands for; a table ends with NULL. */
struct option_word {
	const char *word;
	unsigned value;
};

struct option_row {
	const char *name;
	enum option_kind kind;
	size_t offset;			/* of the field in the settings */
	const char *help;		/* lines separated by '\n' */
	const char *value;		/* TEXT, LIST, NUMBER: its name */
	/* TEXT, LIST: whether it is valid; what a valid one is */
	bool (*is_valid)(const char *);
	const char *wanted;
	const struct option_word *words;	/* WORD */
	unsigned min, max;			/* NUMBER */
};

/* The place of a field, which must be of that type. */
#define OPTION_FIELD(structure, field, type) (offsetof(structure, field) * \
	_Generic(((structure *)NULL)->field, type: 1))

/* The value itself, a const char * that lives as long as argv. */
#define OPTION_TEXT_ROW(name, structure, field, value, is_valid, wanted, help) \
	{ name, OPTION_TEXT, OPTION_FIELD(structure, field, const char *), \
	    help, value, is_valid, wanted, NULL, 0, 0 }

/* The same, any number of times up to OPTION_LIST_MAX: a struct option_list. */
#define OPTION_LIST_ROW(name, structure, field, value, is_valid, wanted, help) \
	{ name, OPTION_LIST, OPTION_FIELD(structure, field, \
	    struct option_list), help, value, is_valid, wanted, NULL, 0, 0 }

/* One of several words: an enumeration or unsigned. */
#define OPTION_WORD_ROW(name, structure, field, words, help) \
	{ name, OPTION_WORD, OPTION_FIELD(structure, field, unsigned), help, \
	    NULL, NULL, NULL, words, 0, 0 }

/* A decimal number from `min` to `max`: unsigned. */
#define OPTION_NUMBER_ROW(name, structure, field, value, min, max, help) \
	{ name, OPTION_NUMBER, OPTION_FIELD(structure, field, unsigned), help, \
	    value, NULL, NULL, NULL, min, max }

/* No value: bool. */
#define OPTION_FLAG_ROW(name, structure, field, help) \
	{ name, OPTION_FLAG, OPTION_FIELD(structure, field, bool), help, \
	    NULL, NULL, NULL, NULL, 0, 0 }

/* Parses argv into *settings; the table ends with a row whose name is NULL and
 * has fewer than OPTIONS_MAX rows. *arguments are those that are no options,
 * argv's, and end with NULL. Returns false after one line on standard error. */
bool options_parse(const struct option_row *, int argc, char **argv,
    void *settings, char ***arguments);

/* Says that an argument is unexpected, in one line on standard error. */
void options_refuse(const char *program, const char *argument);

/* Prints a line or more for each row. */
void options_help(const struct option_row *, FILE *);

#endif
