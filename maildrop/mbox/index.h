/*
 * What a scan has found, written down beside the mailbox, so that the next
 * session need not scan. It is read as a whole, and believed as far as its
 * digest and the mailbox's stamp allow: without it, or with a damaged one, the
 * mailbox is scanned, which costs time and nothing else. So nothing waits for
 * it to be on the disk.
 *
 * An index is of one boot. What a power cut leaves need not be what was there
 * under the same stamp: times and data reach the disk at different moments.
 *
 * A message was seen under the stamp of the index if its `seen` is the index's
 * generation. When the mailbox changes its stamp, by a delivery or our own
 * UPDATE, the list goes on with the next generation: places and content of the
 * messages before are then supposed to be as they were, and each is compared
 * before it is sent or removed.
 */
#ifndef MAILDROP_MBOX_INDEX_H
#define MAILDROP_MBOX_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/boot.h"
#include "maildrop/mbox/file.h"
#include "maildrop/message.h"

#define INDEX_GENERATION_MAX UINT16_MAX

struct index {
	char boot[BOOT_ID_SIZE];	/* empty: not known */
	struct mbox_stamp stamp;
	uint16_t generation;	/* from 1 */
	uint8_t scheme;		/* the code of the scheme whose ids are beside
				   the messages; 0: none are */
	bool is_racy;		/* a change right after the scan need not show
				   in the stamp: the whole is to be scanned
				   again, unless the file has grown */
	bool end_may_move;	/* that of a message that is not the last, once
				   the file has grown */
	bool depends_on_position;	/* a message may be another once others
					   have been removed */
};

/* Fills the list, which is empty, and *index. False if there is none that can
 * be used; the list is empty then. */
bool index_read(int fd, uint8_t scheme, struct message_list *,
    struct index *);

/* Writes the list down, as far as it is not (list->same). A failure is logged.
 * A crash inside leaves none that can be used. */
void index_write(int fd, struct message_list *, const struct index *);

/* Leaves none that can be used. */
void index_forget(int fd);

#endif
