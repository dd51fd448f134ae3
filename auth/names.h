/*
 * The names by which an account is looked up when a client has sent one (pure).
 *
 * Mail programs send the whole address, and phones begin with a capital or end
 * with a space. So blanks behind the name are not part of it; "@" and a domain
 * of ours are cut off; and a name with capitals is looked up as it is, and then
 * in lower case.
 */
#ifndef AUTH_NAMES_H
#define AUTH_NAMES_H

#include "auth/account.h"
#include "base/options.h"

struct auth_names {
	/* The second is the first where that has no capitals. Both are ":",
	 * which nobody is called, where what was sent can be no name: it goes
	 * into paths and logs, and must not lead anywhere there. */
	char given[AUTH_NAME_SIZE], lower[AUTH_NAME_SIZE];
};

/* The domains are names without "@". Where there are some, a name of another
 * domain is nobody's. */
void auth_names_of(const char *sent, const struct option_list *domains,
    struct auth_names *);

#endif
