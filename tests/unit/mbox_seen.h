/*
 * What a scan of a mailbox has told, so that two scans can be compared: each
 * message, each octet of text, and what was said of that octet.
 */
#ifndef TESTS_UNIT_MBOX_SEEN_H
#define TESTS_UNIT_MBOX_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "maildrop/mbox/scan.h"
#include "tests/unit/check.h"

#define SEEN_TEXT_MAX 32768
#define SEEN_MESSAGES_MAX 1024

/* In `kind`, beside enum mbox_header: the first octet of a header. */
#define SEEN_STARTS_HEADER 0x80

struct box {
	const char *at;
	size_t length;
};

struct seen_message {
	uint64_t start, end, octets;
	size_t text, text_length;	/* in seen.text */
	bool internal;
};

struct seen {
	const char *fault;		/* a broken promise of the scanner */
	bool bad;			/* MBOX_BAD */
	bool lacks_kinds;		/* many headers at once */
	bool open;			/* between BEGIN and END */
	size_t count;
	size_t text_length;
	struct seen_message message[SEEN_MESSAGES_MAX];
	char text[SEEN_TEXT_MAX];
	unsigned char kind[SEEN_TEXT_MAX];
};

/* How the mailbox is cut into pieces. */
struct cuts {
	enum { CUT_NOWHERE, CUT_EVERYWHERE, CUT_ONCE, CUT_AT_RANDOM } where;
	size_t at;			/* CUT_ONCE */
	struct dice *dice;		/* CUT_AT_RANDOM */
	bool by_many;			/* headers need not come one by one */
};

static inline void
seen_clear(struct seen *seen)
{
	seen->fault = NULL;
	seen->bad = seen->open = seen->lacks_kinds = false;
	seen->count = seen->text_length = 0;
}

static inline void
seen_begin(struct seen *seen, uint64_t start)
{
	if (seen->open || seen->count == SEEN_MESSAGES_MAX) {
		seen->fault = "a message begins inside another";
		return;
	}
	seen->open = true;
	seen->message[seen->count] = (struct seen_message){
		.start = start, .text = seen->text_length,
	};
}

static inline void
seen_text(struct seen *seen, const char *data, size_t length, uint64_t octets,
    enum mbox_header header, bool starts_header)
{
	if (!seen->open || length == 0 ||
	    length > SEEN_TEXT_MAX - seen->text_length) {
		seen->fault = "text outside of a message, or none";
		return;
	}
	memcpy(seen->text + seen->text_length, data, length);
	memset(seen->kind + seen->text_length, (int)header, length);
	if (starts_header && header != MBOX_HEADER_NONE)
		seen->kind[seen->text_length] |= SEEN_STARTS_HEADER;
	seen->text_length += length;
	seen->message[seen->count].octets += octets;
}

static inline void
seen_end(struct seen *seen, uint64_t end, bool internal)
{
	struct seen_message *message = &seen->message[seen->count];

	if (!seen->open) {
		seen->fault = "a message ends that has not begun";
		return;
	}
	seen->open = false;
	seen->count++;
	message->end = end;
	message->internal = internal;
	message->text_length = seen->text_length - message->text;
}

/* --- scanning ------------------------------------------------------------- */

static inline size_t
seen_peek(void *context, uint64_t offset, char *at, size_t size)
{
	const struct box *box = context;

	if (offset >= box->length)
		return 0;
	if (size > box->length - offset)
		size = (size_t)(box->length - offset);
	memcpy(at, box->at + offset, size);
	return size;
}

/* Takes a token; false at the last for now. */
static inline bool
seen_take(struct seen *seen, const struct mbox_token *token, bool finished)
{
	if (seen->bad && token->event != MBOX_BAD)
		seen->fault = "MBOX_BAD was not final";
	switch (token->event) {
	case MBOX_BEGIN:
		seen_begin(seen, token->offset);
		break;
	case MBOX_TEXT:
		seen_text(seen, token->data, token->length,
		    token->length + token->bare_lf, token->header,
		    token->starts_header);
		break;
	case MBOX_END:
		seen_end(seen, token->offset, token->is_internal);
		break;
	case MBOX_BAD:
		seen->bad = true;
		return false;
	case MBOX_MORE:
		if (finished)
			seen->fault = "MBOX_MORE after the end";
		return false;
	case MBOX_DONE:
		if (!finished || seen->open)
			seen->fault = "MBOX_DONE before the end";
		return false;
	}
	return seen->fault == NULL;
}

static inline void
seen_take_all(struct seen *seen, struct mbox_scan *scan, bool finished)
{
	struct mbox_token token;

	do
		mbox_scan_next(scan, &token);
	while (seen_take(seen, &token, finished));
}

static inline size_t
seen_piece(const struct cuts *cuts, size_t position, size_t length)
{
	size_t left = length - position, part = left;

	if (cuts->where == CUT_EVERYWHERE)
		part = 1;
	if (cuts->where == CUT_ONCE && position < cuts->at)
		part = cuts->at - position;
	if (cuts->where == CUT_AT_RANDOM)
		part = dice_roll(cuts->dice,
		    dice_roll(cuts->dice, 4) == 0 ? 400 : 9);
	return part < left ? part : left;
}

/*
 * Scans the box from `start` to `end`. `alone`: as one message that is read.
 * Each piece stands at the end of a heap buffer, and is overwritten when the
 * scanner asked for more, so that what it must not touch shows.
 */
static inline void
seen_scan(struct seen *seen, struct box *box, size_t start, size_t end,
    bool alone, const struct cuts *cuts)
{
	const struct mbox_scan_settings settings = {
		.peek = alone ? NULL : seen_peek,
		.context = box,
		.offset = start,
		.by_header = !cuts->by_many,
	};
	static char *buffer;
	struct mbox_scan scan;

	if (buffer == NULL)
		buffer = malloc(SEEN_TEXT_MAX);
	if (buffer == NULL)
		abort();
	seen_clear(seen);
	seen->lacks_kinds = cuts->by_many;
	mbox_scan_init(&scan, &settings);
	for (size_t at = start; at < end;) {
		size_t part = seen_piece(cuts, at - start, end - start);
		char *piece = buffer + SEEN_TEXT_MAX - part;

		memcpy(piece, box->at + at, part);
		mbox_scan_feed(&scan, piece, part);
		seen_take_all(seen, &scan, false);
		memset(piece, '!', part);
		at += part;
	}
	mbox_scan_finish(&scan);
	seen_take_all(seen, &scan, true);
}

/* --- comparing ------------------------------------------------------------ */

/* What differs, or NULL. */
static inline const char *
seen_message_difference(const struct seen *a, size_t i, const struct seen *b,
    size_t j)
{
	const struct seen_message *x = &a->message[i], *y = &b->message[j];

	if (x->start != y->start || x->end != y->end)
		return "where a message begins or ends";
	if (x->text_length != y->text_length ||
	    memcmp(a->text + x->text, b->text + y->text, x->text_length) != 0)
		return "the text of a message";
	if (!a->lacks_kinds && !b->lacks_kinds &&
	    memcmp(a->kind + x->text, b->kind + y->text, x->text_length) != 0)
		return "the header that an octet belongs to";
	if (x->octets != y->octets)
		return "the octets of a message";
	return NULL;
}

static inline const char *
seen_difference(const struct seen *a, const struct seen *b)
{
	const char *difference = NULL;

	if (a->fault != NULL || b->fault != NULL)
		return a->fault != NULL ? a->fault : b->fault;
	if (a->bad != b->bad)
		return "whether it is an mbox";
	if (a->bad)
		return NULL;
	if (a->count != b->count)
		return "the number of messages";
	for (size_t i = 0; i < a->count && difference == NULL; i++) {
		difference = seen_message_difference(a, i, b, i);
		if (a->message[i].internal != b->message[i].internal)
			difference = "whether a message is internal";
	}
	return difference;
}

/* RFC 1939 section 11: octets are counted with CRLF as the line end. */
static inline uint64_t
seen_crlf_length(const char *text, size_t length)
{
	uint64_t octets = 0;

	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r'))
			octets++;
		octets++;
	}
	return octets;
}

/* What is wrong with a scan by itself and with reading its messages alone. */
static inline const char *
seen_fault(const struct seen *seen, struct box *box, struct seen *alone,
    const struct cuts *cuts)
{
	const char *fault = seen->fault;

	for (size_t i = 0; i < seen->count && fault == NULL; i++) {
		const struct seen_message *message = &seen->message[i];

		if (message->octets != seen_crlf_length(
		    seen->text + message->text, message->text_length))
			fault = "octets and CRLF length";
		seen_scan(alone, box, message->start, message->end, true,
		    cuts);
		if (fault == NULL)
			fault = alone->fault;
		if (fault == NULL)
			fault = alone->count != 1 ? "read alone, it is not one"
			    : seen_message_difference(seen, i, alone, 0);
	}
	return fault;
}

#endif
