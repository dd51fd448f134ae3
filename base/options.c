#include "base/options.h"

#include <assert.h>
#include <getopt.h>
#include <stdint.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/text.h"

#define HELP_COLUMN 32
#define TEXT_MAX 128

/* getopt_long's view of the table; 'x' stands for "whichever row". */
static void
long_options(const struct option_row *rows, struct option *options)
{
	size_t n;

	for (n = 0; rows[n].name != NULL; n++) {
		assert(n + 1 < OPTIONS_MAX);
		options[n] = (struct option){
			.name = rows[n].name,
			.has_arg = rows[n].kind == OPTION_FLAG ? no_argument
			    : required_argument,
			.val = 'x',
		};
	}
	options[n] = (struct option){ 0 };
}

/* --- values -------------------------------------------------------------- */

static bool
take_word(const struct option_word *row, const char *value, unsigned *field)
{
	while (row->word != NULL && strcmp(row->word, value) != 0)
		row++;
	if (row->word != NULL)
		*field = row->value;
	return row->word != NULL;
}

static bool
take_number(const struct option_row *row, const char *value, unsigned *field)
{
	uint64_t number;

	if (!text_number(value, strlen(value), row->max, &number) ||
	    number < row->min)
		return false;
	*field = (unsigned)number;
	return true;
}

static bool
take_one_more(const struct option_row *row, const char *value,
    struct option_list *field)
{
	if (field->count == OPTION_LIST_MAX || !row->is_valid(value))
		return false;
	field->at[field->count++] = value;
	return true;
}

/* Whether the value is valid; then the field has it. */
static bool
take(const struct option_row *row, const char *value, void *settings)
{
	void *field = (char *)settings + row->offset;

	switch (row->kind) {
	case OPTION_TEXT:
		*(const char **)field = value;
		return row->is_valid(value);
	case OPTION_LIST:
		return take_one_more(row, value, field);
	case OPTION_WORD:
		return take_word(row->words, value, field);
	case OPTION_NUMBER:
		return take_number(row, value, field);
	case OPTION_FLAG:
		*(bool *)field = true;
	}
	return true;
}

/* --- words for people ---------------------------------------------------- */

/* "'off', 'starttls' or 'implicit'" */
static void
add_choice(struct strbuf *text, const struct option_word *row)
{
	for (const struct option_word *at = row; at->word != NULL; at++)
		strbuf_format(text, "%s'%s'", at == row ? ""
		    : at[1].word == NULL ? " or " : ", ", at->word);
}

/* "seconds from 1 to 86400" */
static void
add_range(struct strbuf *text, const struct option_row *row)
{
	for (const char *at = row->value; *at != '\0'; at++)
		strbuf_format(text, "%c", *at | 0x20);
	strbuf_format(text, " from %u to %u", row->min, row->max);
}

/* What a valid value is. */
static void
add_wanted(struct strbuf *text, const struct option_row *row)
{
	if (row->kind == OPTION_WORD)
		add_choice(text, row->words);
	else if (row->kind == OPTION_NUMBER)
		add_range(text, row);
	else
		strbuf_format(text, "%s", row->wanted);
}

/* "--tls=off|starttls|implicit" */
static void
add_option(struct strbuf *text, const struct option_row *row)
{
	const struct option_word *at = row->words;

	strbuf_format(text, "--%s", row->name);
	if (row->value != NULL)
		strbuf_format(text, "=%s", row->value);
	for (; at != NULL && at->word != NULL; at++)
		strbuf_format(text, "%c%s", at == row->words ? '=' : '|',
		    at->word);
}

/* One line, whatever the value holds. */
static void
print_fault(const char *program, const struct option_row *row,
    const char *value)
{
	char wanted[TEXT_MAX];
	struct strbuf text = strbuf_init(wanted, sizeof(wanted));

	add_wanted(&text, row);
	fprintf(stderr, "%s: --%s takes %s, not '%.*s'\n", program, row->name,
	    wanted, (int)strcspn(value, "\r\n"), value);
}

bool
options_parse(const struct option_row *rows, int argc, char **argv,
    void *settings, char ***arguments)
{
	struct option options[OPTIONS_MAX];
	int row, found;

	long_options(rows, options);
	optind = 0;		/* another line may have been parsed before */
	while ((found = getopt_long(argc, argv, "", options, &row)) != -1) {
		if (found != 'x')
			return false;	/* getopt_long has said why */
		if (!take(&rows[row], optarg, settings)) {
			print_fault(argv[0], &rows[row], optarg);
			return false;
		}
	}
	*arguments = argv + optind;
	return true;
}

void
options_refuse(const char *program, const char *argument)
{
	fprintf(stderr, "%s: unexpected argument '%.*s'\n", program,
	    (int)strcspn(argument, "\r\n"), argument);
}

void
options_help(const struct option_row *rows, FILE *out)
{
	for (; rows->name != NULL; rows++) {
		char option[TEXT_MAX];
		struct strbuf text = strbuf_init(option, sizeof(option));
		const char *line = rows->help;
		int column;

		add_option(&text, rows);
		column = fprintf(out, "  %s", option);
		for (;;) {
			size_t length = strcspn(line, "\n");
			fprintf(out, "%*s%.*s\n", HELP_COLUMN - column, "",
			    (int)length, line);
			if (line[length] == '\0')
				break;
			line += length + 1;
			column = 0;
		}
	}
}
