/* The heads of all messages, as they stand in the file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/min.h"
#include "maildrop/mbox/mbox.h"

/* A header is at most as long; most fit the minimum. */
#define HEAD_MAX ((size_t)1 << 20)
#define HEAD_MIN ((size_t)8 << 10)

struct inspection {
	struct store *mbox;
	store_look *look;
	void *context;
	char *head;		/* HEAD_MAX */
};

/* Whether the header of a message ends in its head. */
static bool
has_header(const char *head, size_t length)
{
	return memmem(head, length, "\n\n", 2) != NULL ||
	    memmem(head, length, "\n\r\n", 3) != NULL;
}

/* Shows what stands from `start` to `end`. */
static enum maildrop_status
show(const struct inspection *to, size_t i, uint64_t start, uint64_t end)
{
	size_t size = HEAD_MIN / 2, length;
	bool is_whole;
	ssize_t n;

	do {
		size *= 2;
		n = mbox_read_piece(to->mbox, to->head, size, start, end);
		if (n == -1)
			return mbox_failed(to->mbox, "read");
		length = (size_t)n;
		is_whole = length == end - start ||
		    has_header(to->head, length);
	} while (!is_whole && length == size && size < HEAD_MAX);
	to->look(to->context, i, to->head, length, is_whole);
	return MAILDROP_OK;
}

/* Shows a message, after a comparison if it may not be what it was. */
static enum maildrop_status
show_message(const struct inspection *to, const struct message_list *list,
    size_t i, bool is_proven)
{
	const struct message *message = &list->at[i];
	uint64_t start = message->place;
	uint64_t end = start + message_list_length(list, i);
	enum maildrop_status status = MAILDROP_OK;

	if (!is_proven || message->seen != to->mbox->cache.index.generation)
		status = mbox_verify_message(to->mbox, message, end, &start);
	return status == MAILDROP_OK ? show(to, i, start, end) : status;
}

static enum maildrop_status
inspect_locked(const struct inspection *to, const struct message_list *list)
{
	enum maildrop_status status = MAILDROP_OK;
	struct mbox_stamp now;
	bool is_proven;

	if (!mbox_file_stamp(&to->mbox->file, &now))
		return mbox_failed(to->mbox, "stat");
	is_proven = mbox_stamp_holds(&to->mbox->scanned, &now);
	if (list->count > 0 && list->at[0].place > 0)
		status = show(to, STORE_BEFORE_FIRST, 0, list->at[0].place);
	for (size_t i = 0; i < list->count && status == MAILDROP_OK; i++)
		status = show_message(to, list, i, is_proven);
	return status;
}

enum maildrop_status
mbox_inspect(struct store *mbox, const struct message_list *list,
    store_look *look, void *context)
{
	struct inspection to = { mbox, look, context, malloc(HEAD_MAX) };
	enum maildrop_status status = MAILDROP_OK;

	if (to.head == NULL) {
		errno = ENOMEM;
		return mbox_failed(mbox, "read");
	}
	if (mbox->file.fd != -1)
		status = mbox_file_lock(&mbox->file, false);
	if (mbox->file.fd != -1 && status == MAILDROP_OK) {
		status = inspect_locked(&to, list);
		mbox_file_unlock(&mbox->file);
	}
	if (status == MAILDROP_CHANGED)
		log_note(LOG_WARNING, "%s was changed by another program while "
		    "it was read", mbox->path);
	free(to.head);
	return status;
}
