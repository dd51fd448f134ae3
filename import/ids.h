/* The ids that the old server gave to the messages of a maildrop. */
#ifndef IMPORT_IDS_H
#define IMPORT_IDS_H

#include <stdbool.h>
#include <stddef.h>

#include "import/source.h"
#include "maildrop.h"

struct import_ids {
	char (*of)[UIDL_SIZE];	/* each message's; "" if it gets none */
	size_t count;
	size_t imported;	/* so many get one; of the others */
	size_t none;		/* the old server gave so many none */
	size_t unfit;		/* so many one that is no id (RFC 1939) */
	size_t twice;		/* so many one that a message before has */
};

/* Finds them, of a maildrop that was loaded. Free with import_ids_clear,
 * whatever it says. */
enum maildrop_status import_ids_find(struct import_ids *, struct maildrop *,
    const struct import_source *, const char *argument, const char *captured);
void import_ids_clear(struct import_ids *);

/* Calls `each` with the ids that the old server gave and the maildrop does not
 * give. */
enum maildrop_status import_ids_compare(struct maildrop *,
    const struct import_source *, const char *argument, const char *captured,
    void (*each)(void *context, const char *id), void *context);

#endif
