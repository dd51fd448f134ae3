/* What scan.c and scan_many.c share. */
#ifndef MAILDROP_MBOX_SCAN_PARTS_H
#define MAILDROP_MBOX_SCAN_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "maildrop/mbox/scan.h"

/* Makes a token of text; `bare_lf` LFs in it have no CR before them. */
void scan_put_text(struct mbox_scan *, struct mbox_token *, const char *data,
    size_t length, size_t bare_lf);

/* The empty line held back is text after all. */
void scan_put_held(struct mbox_scan *, struct mbox_token *);

/* Makes a token of what needs no look at each line; false if the next line
 * needs one. */
bool scan_put_many(struct mbox_scan *, struct mbox_token *);

#endif
