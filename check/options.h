/* The options that the units pass, which stand in a file of the
 * administrator's. */
#ifndef CHECK_OPTIONS_H
#define CHECK_OPTIONS_H

#include <stdbool.h>

#include "check/report.h"
#include "settings.h"

/* Parses them, where systemd runs and there are some, and then the command
 * line, whose come after. False after a line of the report. The strings live as
 * long as the process. */
bool check_options(struct report *, struct settings *, int argc, char **argv);

#endif
