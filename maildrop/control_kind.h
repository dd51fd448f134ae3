/* Which control files a kind of store has. */
#ifndef MAILDROP_CONTROL_KIND_H
#define MAILDROP_CONTROL_KIND_H

#include <stdbool.h>

struct control_kind {
	/* suffixes of names, of at most CONTROL_SUFFIX_MAX octets */
	const char *redo_log, *cache;

	/* Whether only a human can use the redo log; it is then set aside,
	 * under another name, and a new one is made. False with errno if that
	 * cannot be read. */
	bool (*is_set_aside)(int redo_log, bool *is_so);
};

#endif
