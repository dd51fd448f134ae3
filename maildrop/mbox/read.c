/* One message, as long as it is what it was. */
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "maildrop/mbox/mbox.h"

/* How often a message is compared while it is read: a mailbox that is changed
 * all the time must not cost the square of its size. */
#define COMPARISONS_MAX 16

bool
mbox_reading_init(struct reading *r)
{
	r->sent = uidl_new(&uidl_content);
	r->pieces = hasher_new();
	r->buffer = fd_buffer(READ_SIZE);
	return r->sent != NULL && r->pieces != NULL && r->buffer != NULL;
}

void
mbox_reading_clear(struct reading *r)
{
	uidl_free(r->sent);
	hasher_free(r->pieces);
	free(r->buffer);
}

/* Whether the octets that were handed out, and the `length` of them that come
 * next, are where they were read. */
static enum maildrop_status
compare_again(const struct store *mbox, struct hasher *again,
    char *buffer, size_t length)
{
	const struct reading *r = &mbox->reading;
	uint64_t at = r->message.place;
	ssize_t n = 1;

	hasher_init(again);
	for (; n > 0 && at < r->position; at += n > 0 ? (uint64_t)n : 0) {
		n = mbox_read_piece(mbox, buffer, READ_SIZE, at, r->position);
		if (n > 0)
			hasher_update(again, buffer, (size_t)n);
	}
	if (n > 0)
		n = fd_read_at(mbox->file.fd, buffer, length, at);
	if (n == -1)
		return mbox_failed(mbox, "read");
	return (size_t)n == length &&
	    memcmp(buffer, r->buffer, length) == 0 &&
	    digest_equal(hasher_final(again), hasher_final(r->pieces))
	    ? MAILDROP_OK : MAILDROP_CHANGED;
}

static enum maildrop_status
compare_pieces(const struct store *mbox, size_t length)
{
	struct hasher *again = hasher_new();
	char *buffer = fd_buffer(READ_SIZE);
	enum maildrop_status status = again == NULL || buffer == NULL
	    ? mbox_failed(mbox, "read")
	    : compare_again(mbox, again, buffer, length);

	hasher_free(again);
	free(buffer);
	return status;
}

/* The message being read was compared under that stamp: the next session need
 * not, if it is the list's. */
static void
note_seen(struct store *mbox, const struct mbox_stamp *stamp)
{
	struct reading *r = &mbox->reading;
	struct message *message = &r->list->at[r->at];

	if (message->seen == mbox->cache.index.generation ||
	    !mbox_stamp_holds(stamp, &mbox->cache.index.stamp))
		return;
	message_list_touch(r->list, r->at);
	message->seen = mbox->cache.index.generation;
	mbox->cache.is_written = false;
}

/* Makes sure that the message being read is intact, and that so are the pieces
 * of it that were read, the last one being of `length` octets. */
static enum maildrop_status
verify(struct store *mbox, size_t length)
{
	struct reading *r = &mbox->reading;
	struct mbox_stamp now;
	enum maildrop_status status;
	uint64_t start;

	if (!mbox_file_stamp(&mbox->file, &now))
		return mbox_failed(mbox, "stat");
	if (mbox_stamp_holds(&r->compared, &now))
		return MAILDROP_OK;
	if (r->comparisons == COMPARISONS_MAX)
		return MAILDROP_OK;	/* its end tells */
	r->comparisons++;
	status = mbox_verify_message(mbox, &r->message, r->end, &start);
	if (status == MAILDROP_OK)
		status = compare_pieces(mbox, length);
	if (status == MAILDROP_OK) {
		r->compared = now;
		note_seen(mbox, &now);
	}
	return status == MAILDROP_CHANGED ? mbox_cache_invalidate(mbox)
	    : status;
}

enum maildrop_status
mbox_read_begin(struct store *mbox, struct message_list *list, size_t i)
{
	struct reading *r = &mbox->reading;
	const struct message *message = &list->at[i];

	r->message = *message;
	r->list = list;
	r->at = i;
	r->end = message->place + message_list_length(list, i);
	r->compared = mbox->scanned;
	r->compared.is_settled &= message->seen == mbox->cache.index.generation;
	r->comparisons = 0;
	r->position = message->place;
	hasher_init(r->pieces);
	uidl_begin(r->sent);
	r->sent_octets = 0;
	mbox_scan_init(&r->scan, &(struct mbox_scan_settings){
	    .offset = message->place });
	return verify(mbox, 0);
}

/* Reads the next piece and hands it to the scan. */
static enum maildrop_status
feed(struct store *mbox)
{
	struct reading *r = &mbox->reading;
	enum maildrop_status status;
	ssize_t n;

	if (r->position == r->end) {
		mbox_scan_finish(&r->scan);
		return MAILDROP_OK;
	}
	n = mbox_read_piece(mbox, r->buffer, READ_SIZE, r->position, r->end);
	if (n == -1)
		return mbox_failed(mbox, "read");
	status = verify(mbox, (size_t)n);
	if (status != MAILDROP_OK)
		return status;
	if (n == 0)
		return MAILDROP_CHANGED;
	r->position += (uint64_t)n;
	if (r->position < r->end)
		hasher_update(r->pieces, r->buffer, (size_t)n);
	mbox_scan_feed(&r->scan, r->buffer, (size_t)n);
	return MAILDROP_OK;
}

/* Whether the text that was handed out is the whole message. */
static enum maildrop_status
check_sent(struct store *mbox)
{
	struct reading *r = &mbox->reading;
	struct message sent = { .octets = r->sent_octets };
	uint64_t id;

	uidl_end(r->sent, &sent.content, &id);
	return sent.octets == r->message.octets &&
	    message_is_equal(&sent, &r->message) ? MAILDROP_OK
	    : mbox_cache_invalidate(mbox);
}

enum maildrop_status
mbox_read(struct store *mbox, const char **data, size_t *length)
{
	struct reading *r = &mbox->reading;
	enum maildrop_status status = MAILDROP_OK;
	struct mbox_token token;

	while (status == MAILDROP_OK) {
		mbox_scan_next(&r->scan, &token);
		switch (token.event) {
		case MBOX_MORE:
			status = feed(mbox);
			break;
		case MBOX_TEXT:
			uidl_text(r->sent, token.data, token.length,
			    UIDL_IN_BODY);
			r->sent_octets += token.length + token.bare_lf;
			*data = token.data;
			*length = token.length;
			return MAILDROP_OK;
		case MBOX_DONE:
			*length = 0;
			return check_sent(mbox);
		case MBOX_BEGIN:
		case MBOX_END:
			break;
		case MBOX_BAD:
			status = MAILDROP_CHANGED;
			break;
		}
	}
	return status;
}
