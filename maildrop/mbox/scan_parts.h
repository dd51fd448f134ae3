/* What scan.c and scan_many.c share. */
#ifndef MAILDROP_MBOX_SCAN_PARTS_H
#define MAILDROP_MBOX_SCAN_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "maildrop/mbox/scan.h"

/* What tells c-client's note to itself from mail. */
enum internal_sign {
	SIGN_FIRST = 1,
	SIGN_SENDER = 2,
	SIGN_SUBJECT = 4,
	SIGN_X_IMAP = 8,
	SIGNS_ALL = 15,
};

/* Whether the message can be that note: its From_ line says so. */
static inline bool
scan_may_be_note(const struct mbox_scan *s)
{
	return (s->signs & SIGN_SENDER) != 0;
}

/* Makes a token of text; `bare_lf` LFs in it have no CR before them. */
static inline void
scan_put_text(struct mbox_scan *s, struct mbox_token *token, const char *data,
    size_t length, size_t bare_lf)
{
	token->event = MBOX_TEXT;
	token->data = data;
	token->length = length;
	token->bare_lf = bare_lf;
	token->header = s->place == MBOX_IN_HEADER ? s->header
	    : MBOX_HEADER_NONE;
	s->text_open = data[length - 1] != '\n';
	s->text_cr = data[length - 1] == '\r';
}

/* The empty line held back is text after all. */
static inline void
scan_put_held(struct mbox_scan *s, struct mbox_token *token)
{
	scan_put_text(s, token, &"\r\n"[2 - s->held], s->held, s->held == 1);
	s->held = 0;
}

/* Makes a token of what needs no look at each line; false if the next line
 * needs one. */
bool scan_put_many(struct mbox_scan *, struct mbox_token *);

#endif
