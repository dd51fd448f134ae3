/*
 * What a scan has found, written down beside the mailbox, so that the next
 * session need not scan. It is mapped, not read, and believed as far as its
 * digest and the mailbox's stamp allow: without it, or with a damaged one, the
 * mailbox is scanned, which costs time and nothing else. So nothing waits for
 * it to be on the disk.
 */
#ifndef MAILDROP_INDEX_H
#define MAILDROP_INDEX_H

#include <stdbool.h>
#include <stddef.h>

#include "maildrop/mbox_file.h"
#include "maildrop/message.h"

enum index_trust {
	INDEX_PROVEN,	/* the list is the file's under that stamp */
	INDEX_RACY,	/* it was, and a change right after need not show in
			   the stamp */
	INDEX_SUPPOSED,	/* the file grew, or was updated, and what stands
			   before was not looked at again */
};

struct index {
	struct mbox_stamp stamp;
	enum index_trust trust;
	bool is_undecided;	/* a message that is not the last may have its
				   end elsewhere once the file has grown */
	bool has_places;	/* a message may be another once others have
				   been removed */
};

/* Fills the list, which is empty, and *index. False if there is none that can
 * be used; the list is empty then. */
bool index_read(int fd, bool with_popa3d, struct message_list *,
    struct index *);

/* Writes the list down, as far as it is not (list->same). A failure is logged.
 * A crash inside leaves none that can be used. */
void index_write(int fd, struct message_list *, const struct index *);

/* Leaves none that can be used. */
void index_forget(int fd);

#endif
