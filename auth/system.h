/* The system's accounts: NSS passwd and shadow. */
#ifndef AUTH_SYSTEM_H
#define AUTH_SYSTEM_H

#include "auth/account.h"

/* Looks `name` up; the same look-ups are made whether it is known or not. The
 * caller wipes *entry. */
enum auth_lookup system_lookup(const char *name, struct auth_entry *entry);

/* Adds the kinds of all hashes in /etc/shadow; in /etc/passwd if it has none.
 * What NSS has elsewhere cannot be listed. */
void system_kinds(struct password_kinds *);

#endif
