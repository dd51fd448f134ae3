/* The names that files below a template of mailboxes stand for. */
#ifndef IMPORT_NAMES_H
#define IMPORT_NAMES_H

#include <stdbool.h>

/*
 * Calls `each` with the name of everybody who has a mailbox there, in order:
 * what stands in the template's directory in the place of its %u, if the path
 * of that name is a file. So accounts need not be listed, which those of a
 * network often cannot. False after a log line: the template has a %h, or more
 * than one %u, or no directory.
 */
bool import_each_name(const char *template,
    void (*each)(void *context, const char *name), void *context);

#endif
