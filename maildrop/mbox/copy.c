/* A copy of the mailbox, with a header more in each message. */
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/min.h"
#include "maildrop/mbox/mbox.h"

#define HEADER_SIZE 256

struct copying {
	struct store *mbox;
	const struct message_list *list;
	int fd;			/* of the copy, */
	uint64_t at;		/* which has so many octets */
	store_header *header;
	void *context;
	char *buffer;		/* READ_SIZE */
};

static enum maildrop_status
put(struct copying *to, const char *data, size_t length)
{
	if (!fd_write_at(to->fd, data, length, to->at))
		return mbox_failed(to->mbox, "copy");
	to->at += length;
	return MAILDROP_OK;
}

static enum maildrop_status
put_range(struct copying *to, uint64_t start, uint64_t end)
{
	enum maildrop_status status = MAILDROP_OK;
	ssize_t n;

	for (; start < end && status == MAILDROP_OK; start += (uint64_t)n) {
		n = mbox_read_piece(to->mbox, to->buffer, READ_SIZE, start,
		    end);
		if (n == -1)
			return mbox_failed(to->mbox, "read");
		if (n == 0)
			return MAILDROP_CHANGED;
		status = put(to, to->buffer, (size_t)n);
	}
	return status;
}

/* The header stands behind the From_ line, before all others. */
static enum maildrop_status
put_message(struct copying *to, size_t i)
{
	const struct message *message = &to->list->at[i];
	uint64_t end = message->place + message_list_length(to->list, i);
	char from[MBOX_FROM_MAX], added[HEADER_SIZE];
	struct strbuf header = strbuf_init(added, sizeof(added));
	uint64_t start;
	enum maildrop_status status = mbox_verify_message(to->mbox, message,
	    end, &start);
	size_t length = mbox_peek_file(to->mbox, start, from, sizeof(from));
	const char *lf = memchr(from, '\n', min_u64(length, end - start));
	uint64_t behind = lf == NULL ? end : start + (size_t)(lf + 1 - from);

	if (status == MAILDROP_OK)
		status = put_range(to, message->place, behind);
	to->header(to->context, i, &header);
	if (status == MAILDROP_OK && lf != NULL)
		status = put(to, header.at, header.length);
	return status == MAILDROP_OK ? put_range(to, behind, end) : status;
}

static enum maildrop_status
copy_locked(struct copying *to)
{
	const struct message_list *list = to->list;
	enum maildrop_status status;
	struct mbox_stamp now;

	if (!mbox_file_stamp(&to->mbox->file, &now))
		return mbox_failed(to->mbox, "stat");
	status = put_range(to, 0, list->count == 0 ? 0 : list->at[0].place);
	for (size_t i = 0; i < list->count && status == MAILDROP_OK; i++)
		status = put_message(to, i);
	/* what is not in the list, too: it has come meanwhile */
	return status == MAILDROP_OK ? put_range(to, list->count == 0 ? 0
	    : list->end, (uint64_t)now.size) : status;
}

enum maildrop_status
mbox_copy(struct store *mbox, const struct message_list *list, int fd,
    store_header *header, void *context)
{
	struct copying to = {
		.mbox = mbox, .list = list, .fd = fd, .header = header,
		.context = context, .buffer = fd_buffer(READ_SIZE)
	};
	enum maildrop_status status = MAILDROP_OK;

	if (to.buffer == NULL)
		return mbox_failed(mbox, "read");
	if (mbox->file.fd != -1)
		status = mbox_file_lock(&mbox->file, false);
	if (mbox->file.fd != -1 && status == MAILDROP_OK) {
		status = copy_locked(&to);
		mbox_file_unlock(&mbox->file);
	}
	free(to.buffer);
	return status;
}
