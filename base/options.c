#include "base/options.h"

#include <assert.h>
#include <getopt.h>
#include <string.h>

#define HELP_COLUMN 32

/* getopt_long's view of the table; 'x' stands for "whichever row". */
static void
long_options(const struct option_row *rows, struct option *options)
{
	size_t n;

	for (n = 0; rows[n].name != NULL; n++) {
		assert(n + 1 < OPTIONS_MAX);
		options[n] = (struct option){
			.name = rows[n].name,
			.has_arg = rows[n].value != NULL ? required_argument
			    : no_argument,
			.val = 'x',
		};
	}
	options[n] = (struct option){ 0 };
}

bool
options_parse(const struct option_row *rows, int argc, char **argv,
    void *settings)
{
	struct option options[OPTIONS_MAX];
	const char *wanted;
	int row, found;

	long_options(rows, options);
	while ((found = getopt_long(argc, argv, "", options, &row)) != -1) {
		if (found != 'x')
			return false;	/* getopt_long has said why */
		wanted = rows[row].take(settings, optarg);
		if (wanted != NULL) {
			/* one line, whatever the value holds */
			fprintf(stderr, "%s: --%s takes %s, not '%.*s'\n",
			    argv[0], rows[row].name, wanted,
			    (int)strcspn(optarg, "\r\n"), optarg);
			return false;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "%s: unexpected argument '%.*s'\n", argv[0],
		    (int)strcspn(argv[optind], "\r\n"), argv[optind]);
		return false;
	}
	return true;
}

void
options_help(const struct option_row *rows, FILE *out)
{
	for (; rows->name != NULL; rows++) {
		const char *line = rows->help;
		int column = fprintf(out, "  --%s%s%s", rows->name,
		    rows->value != NULL ? "=" : "",
		    rows->value != NULL ? rows->value : "");

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
