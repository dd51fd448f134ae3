/* The system's accounts: NSS passwd and shadow. */
#ifndef AUTH_SYSTEM_H
#define AUTH_SYSTEM_H

#include "auth/account.h"

/* Looks `name` up; the same look-ups are made whether it is known or not. The
 * caller wipes *entry. */
enum auth_lookup system_lookup(const char *name, struct auth_entry *entry);

#endif
