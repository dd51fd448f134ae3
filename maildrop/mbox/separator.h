/*
 * Where a message of an mbox ends: From_ lines against Content-Length (pure).
 *
 *	separator_init
 *	  separator_begin	a message begins
 *	  separator_claim	its header has a Content-Length
 *	  separator_body	its body begins
 *	  separator_divides	whether a From_ line begins the next one
 *
 * A Content-Length (procmail and dovecot-lda write one, and leave From_ lines
 * in the text as they are) is believed only if it leads to the end of the file
 * or to a From_ line: other agents pass on what the sender claimed. One that is
 * believed hides From_ lines before the end that it claims; but not a message
 * that was delivered later, which shows in its date, but for a day, and in its
 * first header.
 */
#ifndef MAILDROP_MBOX_SEPARATOR_H
#define MAILDROP_MBOX_SEPARATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads up to `size` octets at `offset` of the same mailbox: the number read,
 * 0 at or after its end. */
typedef size_t mbox_peek(void *context, uint64_t offset, char *at,
    size_t size);

struct separator {
	mbox_peek *peek;		/* NULL: all is one message */
	void *context;
	uint64_t from_date;		/* of this message's From_ line */
	uint64_t content_length;	/* claimed by a header, or none */
	uint64_t trusted_until;		/* no message begins before this */
	uint64_t expected;		/* a message begins here, even if the
					   line before is not empty */
	bool end_may_move;		/* when the file has grown */
};

void separator_init(struct separator *, mbox_peek *, void *context);

/* A message begins whose From_ line has that date (from.h). */
void separator_begin(struct separator *, uint64_t date);

/* What its Content-Length says, without blanks around it. The last counts; one
 * that is no number is none. */
void separator_claim(struct separator *, const char *value, size_t length);

/* Its body begins at that place of the mailbox. */
void separator_body(struct separator *, uint64_t body);

/*
 * Whether the From_ line of `length` octets at `offset`, of that date, begins
 * the next message; `after_empty`: the line before it is empty.
 */
bool separator_divides(const struct separator *, uint64_t offset,
    size_t length, uint64_t date, bool after_empty);

/* Whether the message, which ends at `end`, claims to end elsewhere. */
bool separator_was_misled(const struct separator *, uint64_t end);

#endif
