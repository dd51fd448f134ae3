/* Where mailboxes are: what --maildrop says (pure, but for the last). */
#ifndef MAILDROP_TEMPLATE_H
#define MAILDROP_TEMPLATE_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * The path a template means for an account: %u name, %h home, %% percent. The
 * caller frees it; NULL if there is no memory. The template must have passed
 * maildrop_template_is_good.
 */
char *maildrop_path(const char *template, const char *name, const char *home);
bool maildrop_template_is_good(const char *template);

/* The directory that all mailboxes of a template are below. The caller frees
 * it; NULL if there is no memory. */
char *maildrop_template_directory(const char *template);

/* The group that may make files beside the mailbox at `path`, such as its
 * dotlock; (gid_t)-1 if no group may. */
gid_t maildrop_spool_group(const char *path);

#endif
