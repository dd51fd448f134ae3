/* Accounts from a file of passwd(5) lines, the crypt(3) hash in field 2. */
#ifndef AUTH_FILE_H
#define AUTH_FILE_H

#include "auth/account.h"

struct accounts_file;

/* Reads the file, which nobody but its owner and root may be able to change.
 * NULL after a log line. */
struct accounts_file *accounts_file_open(const char *path);

/* Adds the kinds of all its hashes. */
void accounts_file_kinds(const struct accounts_file *,
    struct password_kinds *);

/* Wipes and frees; NULL is fine. */
void accounts_file_close(struct accounts_file *);

/* The first good line for `name`; a line that is not of seven fields with
 * decimal ids is no line. The caller wipes *entry. */
enum auth_lookup accounts_file_lookup(const struct accounts_file *,
    const char *name, struct auth_entry *entry);

#endif
