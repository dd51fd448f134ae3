/*
 * A source of ids: how another server made its unique ids, or where they stand
 * (pure). sources.c has the table of them; a new one is a file with such a
 * struct and a row there.
 *
 *	begin, note, id for each message in order, end
 */
#ifndef IMPORT_SOURCE_H
#define IMPORT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

/* The head of a message as it stands in the mailbox: its From_ line, its
 * header, and what follows that in the first 512 octets at least. */
struct import_message {
	const char *head;
	size_t length;
	size_t number;		/* from 0 */
};

/* What is known before the messages are looked at. */
struct import_given {
	const char *argument;	/* what stands behind the source's name and
				   a colon, or NULL */
	const char *captured;	/* the answers of the old server, or NULL */
	const uint64_t *octets;	/* of each message, as LIST tells them */
	size_t count;
};

struct import_source {
	const char *name;
	size_t state_size;	/* the state begins as NULs */
	bool wants_captured;	/* the argument is their directory */

	/* Whether that can stand behind the name; NULL: nothing can. */
	bool (*is_argument)(const char *);

	/* False if there is no memory. NULL: nothing is to be done. */
	bool (*begin)(void *state, const struct import_given *);

	/* Looks at what stands before the first message. NULL likewise. */
	void (*note)(void *state, const struct import_message *);

	/* Appends the id that the old server gave to the message. None: it
	 * gave none, or it cannot be told. */
	void (*id)(void *state, const struct import_message *,
	    struct strbuf *id);

	/* Calls `each` with the ids it gave to what is not in the mailbox as
	 * far as can be told. NULL: there are none. */
	void (*rest)(void *state, void (*each)(void *context, const char *id),
	    void *context);

	/* Frees what the state holds. NULL: nothing. */
	void (*end)(void *state);
};

extern const struct import_source *const import_sources[];	/* NULL ends */

/* The source that "NAME" or "NAME:ARGUMENT" means, and its argument or NULL;
 * NULL if there is none. */
const struct import_source *import_source_of(const char *words,
    const char **argument);

/* What it takes, for people. */
#define IMPORT_SOURCES "dovecot[:FORMAT], dovecot-md5-all, uw, qpopper, " \
	"qpopper-old, qpopper-readonly, solid, tpop3d, popa3d or file:DIR"

#endif
