/*
 * Tells messages of equal content apart: the n-th to arrive has ordinal n, and
 * keeps it when those before it are removed. For that the ordinals in use are
 * written down when something is removed: a line a message, its digest and its
 * ordinal, in the order of the mailbox. Without what was written, the ordinals
 * count from 1 again (pure).
 */
#ifndef MAILDROP_ORDINALS_H
#define MAILDROP_ORDINALS_H

#include <stdbool.h>
#include <stddef.h>

#include "maildrop/message.h"

/* Sets the ordinals of the messages after the known ones, and which of all are
 * repeated; then all are known. `written` is what ordinals_write gave for this
 * mailbox before, or NULL. False if there is no memory. */
bool ordinals_assign(struct message_list *, const char *written);

/* What is to be written down of the messages that are not marked: "" if there
 * is nothing, NULL if there is no memory. The caller frees it. */
char *ordinals_write(const struct message_list *, size_t *length);

#endif
