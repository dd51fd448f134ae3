/* The growable list of messages. */
#ifndef MAILDROP_MESSAGE_H
#define MAILDROP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"

/* 48 octets a message is what a maildrop costs in memory. */
struct message {
	uint64_t start;		/* in the mailbox file: its From_ line */
	uint64_t length;	/* up to where the next message starts */
	uint64_t octets;	/* as RETR sends them */
	struct digest content;	/* of its text (uidl.h) */
	uint32_t ordinal;	/* among messages of equal content, from 1 */
	bool repeated;		/* there is another of equal content */
	bool marked;
};

struct message_list {
	struct message *at;
	size_t count, room;
	uint64_t *popa3d;	/* popa3d's ids beside them, or NULL */
};

/* Appends; false if there is no memory, and the list is as it was. The popa3d
 * id is kept if `with_popa3d`, which is the same in all calls for a list. */
bool message_list_add(struct message_list *, const struct message *,
    bool with_popa3d, uint64_t popa3d);

/* Frees what the list holds and makes it empty. */
void message_list_clear(struct message_list *);

/* Whether both have the same content, wherever they stand and however many
 * empty lines end them. */
bool message_is_equal(const struct message *, const struct message *);

#endif
