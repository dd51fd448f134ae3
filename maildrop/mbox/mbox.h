/*
 * The mbox store: one file, which other programs lock, append to and rewrite.
 * What its parts share:
 *
 *	store	the driver: claim, open, load, close
 *	view	what there is to see without a lock
 *	list	from the file to the list of messages
 *	cache	the list of a session before, if it still holds
 *	read	one message
 *	inspect	the heads of all messages, as they stand in the file
 *	copy	all of it
 *	update	the marked messages go
 *
 * Data of the file are used only while they are known to be those that were
 * scanned. Every look at the file is followed by one at its stamp (inode, size
 * and times). Under the stamp of the scan, or a later one under which the
 * message was compared with its digest, they are; under any other the message
 * is compared again before an octet of it leaves here. As a message can move
 * within its place with a header of the mailbox's own, what was handed out of
 * it is then compared, too. And what a program writes while we look changes the
 * stamp before the data, however long that takes: so a message has ended only
 * if what was handed out of it has its digest.
 */
#ifndef MAILDROP_MBOX_MBOX_H
#define MAILDROP_MBOX_MBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "maildrop/mbox/file.h"
#include "maildrop/mbox/index.h"
#include "maildrop/mbox/redo_log.h"
#include "maildrop/mbox/scan.h"
#include "maildrop/store.h"

/* How much is looked at, and how much is sent, at a time: what the processor's
 * caches hold. The kernel takes longer to copy smaller pieces. */
#define WINDOW_SIZE ((size_t)1 << 20)
#define READ_SIZE ((size_t)128 << 10)

/* The list of a session before. */
struct cache {
	struct index index;		/* what is to be written of the list */
	bool is_written;		/* it is there already */
	bool is_invalid;		/* it is not to be written */
	struct index known_index;	/* what was written before, */
	struct message_list known;	/* of which list, */
	bool has_known;			/* if there is one */
};

/* The message that is being read. */
struct reading {
	struct message message;
	struct message_list *list;	/* of which it is message */
	size_t at;
	uint64_t end;			/* of its place */
	struct mbox_stamp compared;	/* the message holds under this */
	unsigned comparisons;		/* so many so far */
	struct mbox_scan scan;
	uint64_t position;
	struct hasher *pieces;	/* of the data before `position` */
	struct uidl *sent;		/* of the text that was handed out */
	uint64_t sent_octets;
	char *buffer;			/* READ_SIZE */
};

struct store {
	const char *path;
	const struct control *control;
	struct redo_log *redo_log;
	uid_t owner;
	const struct uidl_scheme *scheme;
	struct mbox_file file;
	struct mbox_stamp scanned;	/* the list is of this */
	struct cache cache;
	struct uidl *uidl;
	char *window;			/* WINDOW_SIZE, or NULL */
	struct message_list found;	/* by a comparison: its memory stays */
	struct reading reading;
};

/* Logs what failed, with errno. */
static inline enum maildrop_status
mbox_failed(const struct store *mbox, const char *what)
{
	return mbox_file_failed(&mbox->file, what);
}

/* --- store.c and view.c: as the driver's --------------------------------- */

enum maildrop_status mbox_view(const char *path, uid_t owner,
    const struct uidl_scheme *, int index, struct store_view *);
void mbox_close(struct store *);

/* --- list.c -------------------------------------------------------------- */

/* Reads up to `size` octets of the file at `at`, before `end`: the number read;
 * -1 with errno. */
ssize_t mbox_read_piece(const struct store *, char *buffer, size_t size,
    uint64_t at, uint64_t end);

/* A mbox_peek over a store. */
size_t mbox_peek_file(void *store, uint64_t offset, char *at, size_t size);

/* Adds to the list what the file, whose lock is held, has from `start` on,
 * where a message begins. CHANGED if not all of it can be read, which only
 * happens where others do not lock. */
enum maildrop_status mbox_scan_from(struct store *, uint64_t start,
    struct message_list *);

/* Likewise for the whole file. */
enum maildrop_status mbox_scan_all(struct store *, struct message_list *);

/* Whether the message still is between its start and `end`, with what it was:
 * empty lines may stand before it and behind it. *start is where it begins. */
enum maildrop_status mbox_verify_message(struct store *,
    const struct message *, uint64_t end, uint64_t *start);

/* --- cache.c ------------------------------------------------------------- */

/* Whether the file is as it was when the index was made: then it need not even
 * be locked. Reads the index. */
bool mbox_cache_holds(struct store *);

/* The list is the one that was read. */
void mbox_cache_take(struct store *, struct message_list *);

/* Fills the list if the index, and a look at what was appended, tell all. The
 * lock is held. */
bool mbox_cache_use(struct store *, struct message_list *);

/* What the index says is not so: CHANGED. */
enum maildrop_status mbox_cache_invalidate(struct store *);

/* What the index will say of the updated file. */
void mbox_cache_note_update(struct store *, struct message_list *);

void mbox_remember(struct store *, struct message_list *);

/* --- read.c, inspect.c, copy.c, update.c: as the driver's ---------------- */

/* False if there is no memory. */
bool mbox_reading_init(struct reading *);
void mbox_reading_clear(struct reading *);

enum maildrop_status mbox_read_begin(struct store *, struct message_list *,
    size_t i);
enum maildrop_status mbox_read(struct store *, const char **data,
    size_t *length);

enum maildrop_status mbox_inspect(struct store *, const struct message_list *,
    store_look *, void *context);

enum maildrop_status mbox_copy(struct store *, const struct message_list *,
    int fd, store_header *, void *context);

enum maildrop_status mbox_update(struct store *, struct message_list *);

#endif
