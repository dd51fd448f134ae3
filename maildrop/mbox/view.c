/* A mailbox as it is now, for who neither locks nor changes it. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/boot.h"
#include "maildrop/mbox/mbox.h"

/* What the index is worth, and whether it says what the scan has found. */
static enum view_index
look_at_index(const struct store *mbox, int fd, const struct message_list *list)
{
	struct message_list known = { 0 };
	struct index index;
	enum view_index found = VIEW_INDEX_NONE;
	char boot[BOOT_ID_SIZE];

	boot_id(boot);
	if (fd == -1 || !index_read(fd, mbox->scheme->code, &known, &index))
		return found;
	if (strcmp(index.boot, boot) != 0 || index.is_racy ||
	    !mbox_stamp_equal(&index.stamp, &mbox->scanned))
		found = VIEW_INDEX_OLD;
	else
		found = known.count == list->count &&
		    known.octets == list->octets ? VIEW_INDEX_HOLDS
		    : VIEW_INDEX_WRONG;
	message_list_clear(&known);
	return found;
}

/* Scans what is there, unless that changes meanwhile. When a mailbox was read
 * last tells of unread mail (mbox in stat(2)'s times): that stays. */
static enum maildrop_status
view_file(struct store *mbox, int index, struct store_view *view)
{
	struct message_list list = { 0 };
	enum maildrop_status status;
	struct mbox_stamp after;
	struct stat found;

	fcntl(mbox->file.fd, F_SETFL, O_NOATIME);
	if (fstat(mbox->file.fd, &found) == -1 ||
	    !mbox_file_stamp(&mbox->file, &mbox->scanned))
		return mbox_failed(mbox, "stat");
	status = mbox_scan_all(mbox, &list);
	if (!mbox_file_stamp(&mbox->file, &after) ||
	    !mbox_stamp_equal(&mbox->scanned, &after))
		status = MAILDROP_CHANGED;
	*view = (struct store_view){
		.is_there = true,
		.mode = found.st_mode & 07777,
		.messages = list.count,
		.octets = list.octets,
		.index = look_at_index(mbox, index, &list),
	};
	message_list_clear(&list);
	return status;
}

enum maildrop_status
mbox_view(const char *path, uid_t owner, const struct uidl_scheme *scheme,
    int index, struct store_view *view)
{
	struct store *mbox = calloc(1, sizeof(*mbox));
	enum maildrop_status status;

	if (mbox == NULL)
		return MAILDROP_TEMPORARY;
	mbox->path = path;
	mbox->scheme = scheme;
	*view = (struct store_view){ 0 };
	status = mbox_file_open_to_look(&mbox->file, path, owner);
	if (status == MAILDROP_OK && mbox->file.fd != -1) {
		mbox->uidl = uidl_new(scheme);
		status = mbox->uidl != NULL ? view_file(mbox, index, view)
		    : MAILDROP_TEMPORARY;
	}
	mbox_close(mbox);
	return status;
}
