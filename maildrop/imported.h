/*
 * Imported unique ids: what another server called messages that clients know
 * by that. A table of rows, a line each:
 *
 *	SEAL CONTENT ORDINAL ID
 *
 * The content digest and the ordinal (message.h) tell which message it is. The
 * seal is a digest of the rest of the line, so each row holds or falls for
 * itself. A row is dropped by blanks that are written over it, at its place: if
 * we stop there, no other row is touched. A row that is lost makes its message
 * have an id of our own: clients download it once more.
 */
#ifndef MAILDROP_IMPORTED_H
#define MAILDROP_IMPORTED_H

#include <stdbool.h>
#include <stddef.h>

#include "maildrop/message.h"

/* RFC 1939 section 7: an id has 1 to 70 octets. */
#define UIDL_LENGTH_MAX 70
#define UIDL_SIZE (UIDL_LENGTH_MAX + 1)

/* What our own id ends with where one that was imported is the same. No id that
 * ends so is imported. */
#define IMPORTED_OWN "-own"

struct imported;

/* Whether it can be imported as an id. */
bool imported_is_id(const char *, size_t length);

/* The table in a file, which has none if it is empty. Lines that are no rows
 * are left out. False with errno, and *table is NULL; there it is NULL, too, if
 * there is no row. */
bool imported_read(int fd, struct imported **table);
void imported_free(struct imported *);

/* The id of the message; NULL if there is none. A table that is NULL has no
 * rows, here and below. */
const char *imported_find(const struct imported *, const struct message *);

/* Whether it is an id in the table. */
bool imported_has(struct imported *, const char *id);

/* Drops the rows of all messages but those of the list that are not marked, in
 * the file, too. False with errno: there they are dropped another time. */
bool imported_drop(struct imported *, const struct message_list *, int fd);

/* The table for the messages of a list, each of whose ids can be imported or is
 * "", and none of which is there twice. NULL if there is no memory. The caller
 * frees it. */
char *imported_write(const struct message_list *, char (*ids)[UIDL_SIZE],
    size_t *length);

#endif
