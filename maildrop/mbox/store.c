#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "maildrop/mbox/mbox.h"
#include "maildrop/mbox/rewrite.h"

void
mbox_close(struct store *mbox)
{
	if (mbox == NULL)
		return;
	mbox_file_close(&mbox->file);
	message_list_clear(&mbox->cache.known);
	message_list_clear(&mbox->found);
	uidl_free(mbox->uidl);
	mbox_reading_clear(&mbox->reading);
	free(mbox->window);
	redo_log_free(mbox->redo_log);
	free(mbox);
}

static struct store *
mbox_claim(const char *path, const struct control *control)
{
	struct store *mbox = calloc(1, sizeof(*mbox));

	if (mbox == NULL)
		return NULL;
	mbox->path = path;
	mbox->control = control;
	mbox->file.fd = mbox->file.directory = -1;
	boot_id(mbox->cache.index.boot);	/* empty: no index is of it */
	mbox->redo_log = redo_log_new(control_redo_log(control));
	if (mbox->redo_log == NULL) {
		mbox_close(mbox);
		mbox = NULL;
	}
	return mbox;
}

static bool
mbox_is_interrupted(const struct store *mbox, bool *is_so, uint64_t *user)
{
	uint64_t owner;

	if (!redo_log_look(mbox->redo_log, is_so, &owner)) {
		log_note(LOG_ERR, "cannot read the redo log of %s: %s",
		    mbox->path, strerror(errno));
		return false;
	}
	if (*is_so)
		*user = owner;
	/* one that did not begin has taken room */
	*is_so |= !redo_log_is_empty(mbox->redo_log) ||
	    mbox_file_has_stale_dotlock(mbox->path,
	    control_session(mbox->control), mbox->cache.index.boot);
	return true;
}

static enum maildrop_status
mbox_open(struct store *mbox, uid_t owner, const struct uidl_scheme *scheme)
{
	enum maildrop_status status = mbox_file_open(&mbox->file, mbox->path,
	    owner, control_session(mbox->control), mbox->cache.index.boot);

	mbox->owner = owner;
	mbox->scheme = scheme;
	mbox->cache.index.scheme = scheme->code;
	if (status == MAILDROP_OK && mbox->file.fd != -1 &&
	    !mbox_cache_holds(mbox))
		status = mbox_file_lock_first(&mbox->file,
		    !redo_log_is_empty(mbox->redo_log));
	return status;
}

/* For the dotlock. */
static size_t
mbox_rights(const struct store *mbox, struct directory_rights *rights)
{
	rights[0] = (struct directory_rights){
		.directory = mbox->file.directory,
		.may_make = true,
		.may_remove = true,
	};
	return 1;
}

/* Finishes an update that a crash interrupted, before anything is listed. */
static enum maildrop_status
recover(struct store *mbox)
{
	switch (rewrite_recover(mbox->file.fd, mbox->redo_log)) {
	case REWRITE_DONE:
		return MAILDROP_OK;
	case REWRITE_FOREIGN:
		log_note(LOG_CRIT, "%s is not what an interrupted update left "
		    "behind: it is left as it is, and the redo log is set "
		    "aside in the state directory", mbox->path);
		return MAILDROP_TEMPORARY;
	case REWRITE_UNDONE:
	case REWRITE_INTERRUPTED:
		break;
	}
	return mbox_failed(mbox, "finish an interrupted update of");
}

/* Fills the list and sets the stamp under which it is true. The lock is
 * held. */
static enum maildrop_status
fill_list(struct store *mbox, struct message_list *list)
{
	if (!mbox_file_stamp(&mbox->file, &mbox->scanned))
		return mbox_failed(mbox, "stat");
	mbox->cache.index.stamp = mbox->scanned;
	return mbox_cache_use(mbox, list) ? MAILDROP_OK
	    : mbox_scan_all(mbox, list);
}

static enum maildrop_status
mbox_load(struct store *mbox, struct message_list *list)
{
	enum maildrop_status status;

	if (mbox->file.fd == -1)
		return recover(mbox);
	mbox->uidl = uidl_new(mbox->scheme);
	if (mbox->uidl == NULL || !mbox_reading_init(&mbox->reading))
		return mbox_failed(mbox, "read");
	if (!mbox->file.lock.is_held) {
		mbox_cache_take(mbox, list);
		return MAILDROP_OK;
	}
	status = recover(mbox);
	if (status == MAILDROP_OK)
		status = fill_list(mbox, list);
	mbox_file_unlock(&mbox->file);
	if (status == MAILDROP_CHANGED)
		log_note(LOG_ERR, "%s was changed by another program while it "
		    "was scanned", mbox->path);
	return status;
}

const struct store_driver store_mbox = {
	.control = { "%journal", "%index", redo_log_look_aside },
	.has_left = dotlock_exists,
	.view = mbox_view,
	.describe_lock = mbox_file_describe_dotlock,
	.claim = mbox_claim,
	.is_interrupted = mbox_is_interrupted,
	.open = mbox_open,
	.rights = mbox_rights,
	.load = mbox_load,
	.remember = mbox_remember,
	.read_begin = mbox_read_begin,
	.read = mbox_read,
	.inspect = mbox_inspect,
	.copy = mbox_copy,
	.update = mbox_update,
	.close = mbox_close,
};
