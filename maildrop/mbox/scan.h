/*
 * Finds messages in the octets of an mbox (pure).
 *
 *	mbox_scan_init
 *	  mbox_scan_feed	with the next piece, cut anywhere
 *	    mbox_scan_next	until it says MBOX_MORE
 *	  mbox_scan_finish	after the last piece; then _next until MBOX_DONE
 *
 * A message begins at a From_ line (from.h) at the start of the file or
 * after an empty line, and ends before the next such line, or at the end of
 * the file. One empty line before that end belongs to the mailbox, unless it
 * is the one that ends the header. Headers of the mailbox (header.h) are
 * left out of the text, and so is the From_ line, but if it holds a NUL or a CR
 * that ends no line: then it may hold mail, and is text.
 *
 * Where a message ends that claims its length, separator.h says.
 *
 * One parser serves the list of messages and the reading of one message, so
 * what is counted is what is sent.
 */
#ifndef MAILDROP_MBOX_SCAN_H
#define MAILDROP_MBOX_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "maildrop/mbox/from.h"
#include "maildrop/mbox/header.h"
#include "maildrop/mbox/separator.h"

enum mbox_event {
	MBOX_MORE,	/* the piece is used up */
	MBOX_BEGIN,	/* a message begins at `offset` */
	MBOX_TEXT,	/* `data` is the next text of the message */
	MBOX_END,	/* the message ends before `offset` */
	MBOX_DONE,	/* the end, after mbox_scan_finish */
	MBOX_BAD,	/* not an mbox: no From_ line at the start; final */
};

struct mbox_token {
	enum mbox_event event;
	uint64_t offset;		/* MBOX_BEGIN, MBOX_END */
	bool is_internal;		/* MBOX_END: not mail, but a note of
					   c-client to itself */
	bool end_may_move;		/* MBOX_END: its Content-Length may be
					   believed when the file has grown */
	bool depends_on_position;	/* MBOX_END: it may be read otherwise
					   when others have been removed */
	/* MBOX_TEXT; valid until the next call. The text of a message ends
	 * with LF even where the file does not. */
	const char *data;
	size_t length;
	size_t bare_lf;			/* LFs in it that no CR precedes */
	enum mbox_header header;	/* whose line it is; NONE in the body */
	bool starts_header;		/* it is the first of that header; not
					   of many lines at once */
};

enum mbox_place { MBOX_AT_START, MBOX_IN_HEADER, MBOX_IN_BODY };

struct mbox_scan_settings {
	mbox_peek *peek;		/* NULL: the pieces are one message */
	void *context;
	uint64_t offset;		/* of the first piece in the mailbox */
	bool is_continued;		/* it is not the first message there */
	bool by_header;			/* no text has lines of two headers */
};

struct mbox_scan {
	struct mbox_scan_settings settings;

	/* the piece: data[position..length) is still to be read */
	const char *data;
	size_t position, length;
	uint64_t offset;		/* of data[0] in the mailbox */
	bool finished, bad;

	/* the start of a line, collected where a piece ended inside it */
	size_t head_length;
	uint64_t head_offset;
	char head[MBOX_FROM_MAX];

	enum mbox_place place;
	bool in_message;
	bool in_line;			/* inside a line whose start was read */
	bool after_empty;		/* the line before was empty */
	enum mbox_header header;	/* of this line */

	/* the text handed out so far */
	bool text_open;			/* its last line lacks its LF */
	bool text_cr;			/* its last octet is CR */

	/* an empty line that may belong to the mailbox */
	size_t held;			/* its octets, 0 if there is none */
	bool held_in_piece;		/* it stands before data[position] */

	/* where text that needs no look ends, before `limit` in this piece */
	size_t limit, plain_end;

	struct separator separator;
	bool end_may_move;		/* MBOX_END: of the message before */
	bool bad_content_length;	/* that one's does not lead to its
					   end */
	unsigned signs, next_signs;	/* c-client's pseudo-message markers */
	bool any_message;

	/* decided and not yet handed out */
	bool end_due, begin_due;
	uint64_t due_offset;
};

void mbox_scan_init(struct mbox_scan *, const struct mbox_scan_settings *);

/* The piece stays the caller's, and in place until MBOX_MORE. */
void mbox_scan_feed(struct mbox_scan *, const char *piece, size_t length);
void mbox_scan_finish(struct mbox_scan *);
void mbox_scan_next(struct mbox_scan *, struct mbox_token *);

#endif
