/* From the file to the list of messages. */
#include <errno.h>

#include "base/fd.h"
#include "base/min.h"
#include "maildrop/mbox/mbox.h"

/* Whether ids are made of the text, and not of the content digest alone. */
static bool
has_own_ids(const struct store *mbox)
{
	return mbox->scheme->state_size > 0;
}

/* What becomes of the tokens of a scan. */
struct collector {
	struct uidl *uidl;
	bool with_id;			/* the scheme makes one of the text */
	uint16_t seen;			/* message.h */
	struct message message;		/* the one at hand */
	struct message_list *list;
	bool last_end_may_move;
	bool end_may_move, depends_on_position;	/* index.h */
};

static enum uidl_place
place_of(const struct mbox_token *text)
{
	if (text->header == MBOX_HEADER_NONE)
		return UIDL_IN_BODY;
	return text->starts_header ? UIDL_AT_HEADER : UIDL_IN_HEADER;
}

/* Takes a token of the scan. False if there is no memory. */
static bool
collect(struct collector *to, const struct mbox_token *token)
{
	struct message *message = &to->message;
	uint64_t id;

	switch (token->event) {
	case MBOX_BEGIN:
		*message = (struct message){
			.place = token->offset, .ordinal = 1,
			.seen = to->seen
		};
		uidl_begin(to->uidl);
		to->end_may_move |= to->last_end_may_move;
		to->last_end_may_move = false;
		break;
	case MBOX_TEXT:
		uidl_text(to->uidl, token->data, token->length,
		    place_of(token));
		message->octets += token->length + token->bare_lf;
		break;
	case MBOX_END:
		uidl_end(to->uidl, &message->content, &id);
		to->list->end = token->offset;
		to->last_end_may_move = token->end_may_move;
		to->depends_on_position |= token->depends_on_position;
		if (token->is_internal)
			break;
		return message_list_add(to->list, message, to->with_id, id);
	case MBOX_MORE:
	case MBOX_DONE:
	case MBOX_BAD:
		break;
	}
	return true;
}

/* Takes all tokens that the scan has now. */
static enum maildrop_status
collect_all(struct store *mbox, struct mbox_scan *scan, struct collector *to)
{
	struct mbox_token token;

	for (;;) {
		mbox_scan_next(scan, &token);
		if (token.event == MBOX_MORE || token.event == MBOX_DONE)
			return MAILDROP_OK;
		if (token.event == MBOX_BAD)
			return MAILDROP_DAMAGED;
		if (!collect(to, &token)) {
			errno = ENOMEM;
			return mbox_failed(mbox, "remember the messages of");
		}
	}
}

ssize_t
mbox_read_piece(const struct store *mbox, char *buffer, size_t size,
    uint64_t at, uint64_t end)
{
	return fd_read_at(mbox->file.fd, buffer, min_u64(end - at, size), at);
}

size_t
mbox_peek_file(void *context, uint64_t offset, char *at, size_t size)
{
	const struct store *mbox = context;
	ssize_t n = offset > INT64_MAX ? 0
	    : fd_read_at(mbox->file.fd, at, size, offset);

	return n < 0 ? 0 : (size_t)n;
}

/* Feeds the octets from `start` to `end`: CHANGED if not all of them can be
 * had, which only happens where others do not lock. */
static enum maildrop_status
feed_range(struct store *mbox, struct mbox_scan *scan, uint64_t start,
    uint64_t end, struct collector *to)
{
	enum maildrop_status status = MAILDROP_OK;
	ssize_t n;

	/* whoever only lists what is known needs none */
	if (mbox->window == NULL)
		mbox->window = fd_buffer(WINDOW_SIZE);
	if (mbox->window == NULL)
		return mbox_failed(mbox, "read");
	for (; status == MAILDROP_OK && start < end; start += (uint64_t)n) {
		n = mbox_read_piece(mbox, mbox->window, WINDOW_SIZE, start,
		    end);
		if (n == -1)
			return mbox_failed(mbox, "read");
		if (n == 0)
			return MAILDROP_CHANGED;
		mbox_scan_feed(scan, mbox->window, (size_t)n);
		status = collect_all(mbox, scan, to);
	}
	return status;
}

/* Scans from settings->offset to `end`. */
static enum maildrop_status
scan_range(struct store *mbox, const struct mbox_scan_settings *settings,
    uint64_t end, struct collector *to)
{
	enum maildrop_status status;
	struct mbox_scan scan;

	mbox_scan_init(&scan, settings);
	status = feed_range(mbox, &scan, settings->offset, end, to);
	if (status != MAILDROP_OK)
		return status;
	mbox_scan_finish(&scan);
	return collect_all(mbox, &scan, to);
}

enum maildrop_status
mbox_scan_from(struct store *mbox, uint64_t start, struct message_list *list)
{
	const struct mbox_scan_settings settings = {
		.peek = mbox_peek_file,
		.context = mbox,
		.offset = start,
		.is_continued = list->count > 0,
		.by_header = has_own_ids(mbox),
	};
	struct collector to = {
		.uidl = mbox->uidl,
		.with_id = has_own_ids(mbox),
		.seen = mbox->scanned.is_settled
		    ? mbox->cache.index.generation : 0,
		.list = list,
	};
	enum maildrop_status status = scan_range(mbox, &settings,
	    (uint64_t)mbox->scanned.size, &to);

	mbox->cache.index.end_may_move = to.end_may_move;
	mbox->cache.index.depends_on_position |= to.depends_on_position;
	return status;
}

enum maildrop_status
mbox_scan_all(struct store *mbox, struct message_list *list)
{
	enum maildrop_status status;

	mbox->cache.index.generation = 1;
	mbox->cache.index.depends_on_position = false;
	status = mbox_scan_from(mbox, 0, list);
	if (status == MAILDROP_DAMAGED)
		mbox_file_refused(&mbox->file,
		    "not an mbox: no From_ line at its start: move it away");
	mbox->cache.index.is_racy = !mbox->scanned.is_settled;
	return status;
}

enum maildrop_status
mbox_verify_message(struct store *mbox, const struct message *message,
    uint64_t end, uint64_t *start)
{
	const struct mbox_scan_settings settings = { .offset = message->place };
	struct message_list *found = &mbox->found;
	struct collector to = { .uidl = mbox->uidl, .list = found };
	enum maildrop_status status;

	while (found->count > 0)
		message_list_take_last(found);
	status = scan_range(mbox, &settings, end, &to);

	/* What looks like no mbox now did so before. */
	if (status == MAILDROP_DAMAGED || (status == MAILDROP_OK &&
	    (found->count != 1 || found->at[0].octets != message->octets ||
	    !message_is_equal(&found->at[0], message))))
		status = MAILDROP_CHANGED;
	if (status == MAILDROP_OK)
		*start = found->at[0].place;
	return status;
}
