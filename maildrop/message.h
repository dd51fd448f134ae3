/* The growable list of messages. */
#ifndef MAILDROP_MESSAGE_H
#define MAILDROP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"

/* 40 octets a message is what a maildrop costs in memory, and in its index,
 * where they are in just this form. */
struct message {
	uint64_t place;		/* the store's own handle; of an mbox, where
				   the From_ line is in the file */
	uint64_t octets;	/* as RETR sends them */
	struct digest content;	/* of its text (uidl.h) */
	uint32_t ordinal;	/* among messages of equal content, from 1 */
	bool repeated;		/* there is another of equal content */
	bool marked;
	uint16_t seen;		/* the index's generation in which it was
				   looked at whole, 0: in none (index.h) */
};

/* Messages follow one another, so that each ends where the next starts. */
struct message_list {
	struct message *at;
	size_t count, room;
	uint64_t end;		/* the place behind the last */
	uint64_t octets;	/* of all */
	/* these two are for message.c alone to set */
	size_t known;		/* the first so many have ordinals */
	size_t same;		/* and so many are as the index has them */
	uint64_t *ids;		/* the scheme's (uidl.h) beside them, or NULL */
};

/* Appends; false if there is no memory, and the list is as it was. The id
 * is kept if `with_id`, which is the same in all calls for a list. */
bool message_list_add(struct message_list *, const struct message *,
    bool with_id, uint64_t id);

/* Takes the last one off again. The list has one. */
void message_list_take_last(struct message_list *);

/*
 * Fills an empty list with the `count` messages that are at `offset` of the
 * file open as `fd`. All are known. False if not all of them can be read, or
 * there is no memory: the caller clears the list then.
 */
bool message_list_read(struct message_list *, int fd, uint64_t offset,
    size_t count);

/* Whether the first message that is not known is `message`, which was taken off
 * before; if so, it is known. */
bool message_list_is_again(struct message_list *, const struct message *);

/* All have ordinals now; all are in the index as they are. */
void message_list_know_all(struct message_list *);
void message_list_note_written(struct message_list *);

/* Notes that message `i` changes, or is another one. */
void message_list_touch(struct message_list *, size_t i);

/* Takes the marked ones out, as when their octets are taken out of the file. */
void message_list_drop_marked(struct message_list *);

/* Frees what the list holds and makes it empty. */
void message_list_clear(struct message_list *);

/* The octets of the file that message `i` has. */
uint64_t message_list_length(const struct message_list *, size_t i);

/* Whether both have the same content, wherever they stand and however many
 * empty lines end them. */
bool message_is_equal(const struct message *, const struct message *);

#endif
