/*
 * What tells a message apart, from its text (pure).
 *
 *	uidl_new
 *	  uidl_begin, uidl_text any number of times, uidl_end	per message
 *	uidl_free
 *
 * The content digest covers all the text but empty lines at its end: of these
 * agents add one after a message, or before the next, or none, so that a
 * delivery can change how many there seem to be. popa3d's id is an MD5 of a few
 * header lines, as popa3d 1.0.3 makes it, for those who move from there.
 */
#ifndef MAILDROP_UIDL_H
#define MAILDROP_UIDL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/text.h"
#include "maildrop/mbox/scan.h"

struct uidl;

/* NULL if there is no memory. Free with uidl_free; NULL is fine there. */
struct uidl *uidl_new(bool with_popa3d);
void uidl_free(struct uidl *);

void uidl_begin(struct uidl *);
void uidl_text(struct uidl *, const struct mbox_token *);

/* popa3d's id, 0 unless it was asked for. */
void uidl_end(struct uidl *, struct digest *content, uint64_t *popa3d);

/* As UIDL shows them; RFC 1939 section 7: 1 to 70 octets in 0x21..0x7e. The
 * first of several messages of equal content has ordinal 1. */
void uidl_show_content(struct text *, struct digest, uint32_t ordinal);
void uidl_show_popa3d(struct text *, uint64_t);

#endif
