/* The list of a session before: whether it still holds, and what is written for
 * the session after. */
#include <string.h>

#include "maildrop/mbox/mbox.h"

/* Whether all that shows is that mail was appended. */
static bool
has_grown(const struct mbox_stamp *then, const struct mbox_stamp *now)
{
	return then->inode == now->inode && then->size < now->size;
}

/*
 * Whether the list, which the index tells of, can be made true of the file by
 * a look at what was appended. The last message is looked at again: it is
 * where it was, or the list is not to be believed; and what ends it may have
 * changed. What stands before it is only supposed to be as it was, and will be
 * compared before it is used.
 */
static bool
extend(struct store *mbox, const struct index *index,
    struct message_list *list)
{
	struct message last;

	if (index->end_may_move || list->count == 0 ||
	    index->generation == INDEX_GENERATION_MAX ||
	    !has_grown(&index->stamp, &mbox->scanned) ||
	    (uint64_t)mbox->scanned.size < list->end)
		return false;
	mbox->cache.index.generation = (uint16_t)(index->generation + 1);
	last = list->at[list->count - 1];
	message_list_take_last(list);
	return mbox_scan_from(mbox, last.place, list) == MAILDROP_OK &&
	    message_list_is_again(list, &last);
}

/* Whether the index tells all there is to know of a file that looks like
 * that. */
static bool
is_up_to_date(const struct index *index, const struct mbox_stamp *now)
{
	return !index->is_racy && mbox_stamp_equal(&index->stamp, now);
}

/* Reads the index, if there is one of this boot. An update that is not finished
 * knows better. */
static bool
read_index(struct store *mbox)
{
	return mbox->cache.index.boot[0] != '\0' &&
	    redo_log_is_empty(mbox->redo_log) &&
	    index_read(control_cache(mbox->control), mbox->scheme->code,
	    &mbox->cache.known, &mbox->cache.known_index) &&
	    strcmp(mbox->cache.known_index.boot, mbox->cache.index.boot) == 0;
}

bool
mbox_cache_holds(struct store *mbox)
{
	mbox->cache.has_known = read_index(mbox);
	return mbox->cache.has_known &&
	    !lock_has_stale_dotlock(&mbox->file.lock) &&
	    mbox_file_stamp(&mbox->file, &mbox->scanned) &&
	    is_up_to_date(&mbox->cache.known_index, &mbox->scanned);
}

void
mbox_cache_take(struct store *mbox, struct message_list *list)
{
	*list = mbox->cache.known;
	mbox->cache.known = (struct message_list){ 0 };
	mbox->cache.has_known = false;
	mbox->cache.index = mbox->cache.known_index;
	mbox->cache.index.stamp = mbox->scanned;
	mbox->cache.is_written = true;
}

bool
mbox_cache_use(struct store *mbox, struct message_list *list)
{
	const struct index *index = &mbox->cache.known_index;

	if (!mbox->cache.has_known)
		return false;
	mbox_cache_take(mbox, list);
	if (is_up_to_date(index, &mbox->scanned))
		return true;
	mbox->cache.is_written = false;
	if (extend(mbox, index, list))
		return true;
	message_list_clear(list);
	return false;
}

void
mbox_remember(struct store *mbox, struct message_list *list)
{
	if (!mbox->cache.is_written && mbox->file.fd != -1 &&
	    control_cache(mbox->control) != -1 && !mbox->cache.is_invalid &&
	    mbox->cache.index.boot[0] != '\0')
		index_write(control_cache(mbox->control), list,
		    &mbox->cache.index);
	mbox->cache.is_written = true;
}

enum maildrop_status
mbox_cache_invalidate(struct store *mbox)
{
	index_forget(control_cache(mbox->control));
	mbox->cache.is_invalid = true;
	return MAILDROP_CHANGED;
}

/* What the index will say of the updated file: that it has grown, if there is
 * more in it than the list tells of. */
void
mbox_cache_note_update(struct store *mbox, struct message_list *list)
{
	off_t size = mbox->cache.index.stamp.size - (off_t)list->end;

	message_list_drop_marked(list);
	mbox->cache.index.is_racy = false;
	mbox->cache.is_written = false;
	if (!mbox_file_stamp(&mbox->file, &mbox->cache.index.stamp) ||
	    mbox->cache.index.depends_on_position ||
	    mbox->cache.index.generation++ == INDEX_GENERATION_MAX)
		mbox_cache_invalidate(mbox);
	mbox->cache.index.stamp.size = size + (off_t)list->end;
}
