/*
 * The keys of session tickets (RFC 8446 section 4.6.1), which all processes
 * share: a client that comes back is then served without a signature, by
 * whichever process.
 *
 *	tickets_load, tickets_youngest and tickets_find, tickets_wipe
 *
 * They are a file in the state directory, which only the service user may
 * enter. Whoever finds no young key there makes one; a file that is not as we
 * write it counts as none. If we stop in between, the file is the old one or
 * the new one.
 */
#ifndef CONNECTION_TICKETS_H
#define CONNECTION_TICKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* For so long a key makes tickets; a ticket is good for so long; so no ticket
 * outlives its key, and whoever gets a key can read nothing older. */
#define TICKETS_KEY_SECONDS 28800	/* 8 hours */
#define TICKETS_SECONDS 57600		/* 16 hours */

/* As many as can be in use at a time, and one more. */
#define TICKETS_KEYS_MAX 4

#define TICKETS_NAME_SIZE 16

struct ticket_key {
	uint64_t made;			/* seconds since 1970 */
	unsigned char name[TICKETS_NAME_SIZE];
	unsigned char cipher[32], mac[32];
};

struct tickets {
	size_t count;
	struct ticket_key keys[TICKETS_KEYS_MAX];	/* youngest first */
};

/* The keys in `directory`, a young one first. There may be none, after a log
 * line or because another process is just making the first. */
void tickets_load(struct tickets *, const char *directory);

/* Whether the first of them can make tickets still. */
bool tickets_are_young(const struct tickets *);

/* The key to make tickets with; NULL if there is none. */
const struct ticket_key *tickets_youngest(const struct tickets *);

/* The key of this name; NULL if it is unknown or too old. */
const struct ticket_key *tickets_find(const struct tickets *,
    const unsigned char name[TICKETS_NAME_SIZE]);

void tickets_wipe(struct tickets *);

#endif
