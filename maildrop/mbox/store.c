/*
 * The mbox format: one file, which other programs lock, append to and rewrite.
 *
 * Octets of the file are used only while they are known to be those that were
 * scanned. Every look at the file is followed by one at its stamp (inode, size
 * and times). Under the stamp of the scan, or a later one under which the
 * message was compared with its digest, they are; under any other the message
 * is compared again before an octet of it leaves here. As a message can move
 * within its place with a header of the mailbox's own, what was handed out of
 * it is then compared, too. And what a program writes while we look changes the
 * stamp before the octets, however long that takes: so a message has ended only
 * if what was handed out of it has its digest.
 */
#include "maildrop/format.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "maildrop/mbox/index.h"
#include "maildrop/mbox/file.h"
#include "maildrop/mbox/scan.h"
#include "maildrop/mbox/rewrite.h"
#include "maildrop/uidl.h"

/* How much is looked at, and how much is sent, at a time: what the processor's
 * cache holds. */
#define WINDOW_SIZE ((size_t)256 << 10)
#define READ_SIZE ((size_t)128 << 10)

/* How often a message is compared while it is read: a mailbox that is changed
 * all the time must not cost the square of its size. */
#define COMPARISONS_MAX 16

struct store {
	struct store_settings settings;
	struct mbox_file file;
	struct mbox_stamp scanned;	/* the list is of this */
	bool is_own_scan;		/* this process has found all of it */
	struct index index;		/* what is to be written of the list */
	bool is_written;		/* it is there already */
	bool is_doubted;		/* it is not to be written */
	struct index known_index;	/* what was written before, */
	struct message_list known;	/* of which list, */
	bool has_known;			/* if there is one */
	struct uidl *uidl;
	char *window;			/* WINDOW_SIZE, or NULL */

	/* the message that is being read */
	struct message reading;
	struct message_list *list;	/* of which it is message */
	size_t reading_at;
	uint64_t reading_end;
	struct mbox_stamp compared;	/* that message holds under this */
	unsigned comparisons;		/* so many so far */
	struct mbox_scan scan;
	uint64_t position;
	struct digest_maker *pieces;	/* of the octets before `position` */
	struct uidl *sent;		/* of the text that was handed out */
	uint64_t sent_octets;
	char *buffer;			/* READ_SIZE */
};

/* Whether ids are made of the text, and not of the content digest alone. */
static bool
has_own_ids(const struct store *mbox)
{
	return mbox->settings.scheme->state_size > 0;
}

static enum maildrop_status
failed(const struct store *mbox, const char *what)
{
	return mbox_file_failed(&mbox->file, what);
}

/* --- the list of messages ------------------------------------------------ */

/* What becomes of the tokens of a scan. */
struct collector {
	struct uidl *uidl;
	bool with_id;			/* the scheme makes one of the text */
	uint16_t seen;			/* message.h */
	struct message message;		/* the one at hand */
	struct message_list *list;
	bool last_is_undecided, is_undecided, has_places;	/* index.h */
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
			.start = token->offset, .ordinal = 1,
			.seen = to->seen
		};
		uidl_begin(to->uidl);
		to->is_undecided |= to->last_is_undecided;
		to->last_is_undecided = false;
		break;
	case MBOX_TEXT:
		uidl_text(to->uidl, token->data, token->length,
		    place_of(token));
		message->octets += token->length + token->bare_lf;
		break;
	case MBOX_END:
		uidl_end(to->uidl, &message->content, &id);
		to->list->end = token->offset;
		to->last_is_undecided = token->is_undecided;
		to->has_places |= token->is_of_its_place;
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
			return failed(mbox, "remember the messages of");
		}
	}
}

/* Reads the piece of the file at `at`, of at most `size` octets before
 * `end`. */
static ssize_t
read_piece(const struct store *mbox, char *buffer, size_t size, uint64_t at,
    uint64_t end)
{
	uint64_t left = end - at;

	return fd_read_at(mbox->file.fd, buffer,
	    left < size ? (size_t)left : size, at);
}

static size_t
peek(void *context, uint64_t offset, char *at, size_t size)
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
		return failed(mbox, "read");
	for (; status == MAILDROP_OK && start < end; start += (uint64_t)n) {
		n = read_piece(mbox, mbox->window, WINDOW_SIZE, start, end);
		if (n == -1)
			return failed(mbox, "read");
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

/* Adds what the file, whose lock is held, has from `start` on, where a message
 * begins. */
static enum maildrop_status
scan_file(struct store *mbox, uint64_t start, struct message_list *list)
{
	const struct mbox_scan_settings settings = {
		.peek = peek,
		.context = mbox,
		.offset = start,
		.is_continued = list->count > 0,
		.by_header = has_own_ids(mbox),
	};
	struct collector to = {
		.uidl = mbox->uidl,
		.with_id = has_own_ids(mbox),
		.seen = mbox->scanned.is_settled ? mbox->index.generation : 0,
		.list = list,
	};
	enum maildrop_status status = scan_range(mbox, &settings,
	    (uint64_t)mbox->scanned.size, &to);

	mbox->index.is_undecided = to.is_undecided;
	mbox->index.has_places |= to.has_places;
	return status;
}

static enum maildrop_status
scan_whole_file(struct store *mbox, struct message_list *list)
{
	enum maildrop_status status;

	mbox->index.generation = 1;
	mbox->index.has_places = false;
	status = scan_file(mbox, 0, list);
	if (status == MAILDROP_DAMAGED)
		mbox_file_refused(&mbox->file,
		    "not an mbox: no From_ line at its start");
	mbox->index.is_racy = !mbox->scanned.is_settled;
	mbox->is_own_scan = true;
	return status;
}

/* --- what is known of the file already ----------------------------------- */

/* Whether all that shows is that mail was appended, or nothing does. */
static bool
has_grown(const struct mbox_stamp *then, const struct mbox_stamp *now)
{
	return mbox_stamp_equal(then, now) ||
	    (then->inode == now->inode && then->size < now->size);
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

	if (index->is_undecided || list->count == 0 ||
	    index->generation == INDEX_GENERATION_MAX ||
	    !has_grown(&index->stamp, &mbox->scanned) ||
	    (uint64_t)mbox->scanned.size < list->end)
		return false;
	mbox->index.generation = (uint16_t)(index->generation + 1);
	last = list->at[list->count - 1];
	message_list_take_last(list);
	if (scan_file(mbox, last.start, list) != MAILDROP_OK ||
	    list->count <= list->known)
		return false;
	if (list->at[list->known].start != last.start ||
	    !message_is_equal(&list->at[list->known], &last))
		return false;
	list->at[list->known].ordinal = last.ordinal;
	list->at[list->known].repeated = last.repeated;
	list->known++;
	return true;
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
	return mbox->index.boot[0] != '\0' &&
	    redo_log_is_empty(mbox->settings.redo_log) &&
	    index_read(mbox->settings.index, mbox->settings.scheme->mark,
	    &mbox->known, &mbox->known_index) &&
	    strcmp(mbox->known_index.boot, mbox->index.boot) == 0;
}

/* Whether the file is as it was when the index was made: then it need not even
 * be locked. */
static bool
is_known(struct store *mbox)
{
	mbox->has_known = read_index(mbox);
	return mbox->has_known && !lock_is_left(&mbox->file.lock) &&
	    mbox_file_stamp(&mbox->file, &mbox->scanned) &&
	    is_up_to_date(&mbox->known_index, &mbox->scanned);
}

static void
take_known(struct store *mbox, struct message_list *list)
{
	*list = mbox->known;
	mbox->known = (struct message_list){ 0 };
	mbox->has_known = false;
	mbox->index = mbox->known_index;
	mbox->index.stamp = mbox->scanned;
	mbox->is_written = true;
}

/* Whether the index spares us the scan. */
static bool
use_index(struct store *mbox, struct message_list *list)
{
	const struct index *index = &mbox->known_index;

	if (!mbox->has_known)
		return false;
	take_known(mbox, list);
	if (is_up_to_date(index, &mbox->scanned))
		return true;
	mbox->is_written = false;
	if (!index->is_racy && extend(mbox, index, list))
		return true;
	message_list_clear(list);
	return false;
}

/* Fills the list and sets the stamp under which it is true. The lock is
 * held. */
static enum maildrop_status
fill_list(struct store *mbox, struct message_list *list)
{
	if (!mbox_file_stamp(&mbox->file, &mbox->scanned))
		return failed(mbox, "stat");
	mbox->index.stamp = mbox->scanned;
	return use_index(mbox, list) ? MAILDROP_OK
	    : scan_whole_file(mbox, list);
}

static void
mbox_remember(struct store *mbox, struct message_list *list)
{
	if (!mbox->is_written && mbox->file.fd != -1 &&
	    mbox->settings.index != -1 && !mbox->is_doubted &&
	    mbox->index.boot[0] != '\0')
		index_write(mbox->settings.index, list, &mbox->index);
	mbox->is_written = true;
}

/* What the index says is not so. */
static enum maildrop_status
doubt(struct store *mbox)
{
	index_forget(mbox->settings.index);
	mbox->is_doubted = true;
	return MAILDROP_CHANGED;
}

/* --- reading one message ------------------------------------------------- */

/* Whether the message still is between its start and `end`, with what it was:
 * empty lines may stand before it and behind it. *start is where it begins. */
static enum maildrop_status
compare(struct store *mbox, const struct message *message, uint64_t end,
    uint64_t *start)
{
	const struct mbox_scan_settings settings = { .offset = message->start };
	struct message_list found = { 0 };
	struct collector to = { .uidl = mbox->uidl, .list = &found };
	enum maildrop_status status = scan_range(mbox, &settings, end, &to);

	/* What looks like no mbox now did so before. */
	if (status == MAILDROP_DAMAGED || (status == MAILDROP_OK &&
	    (found.count != 1 || found.at[0].octets != message->octets ||
	    !message_is_equal(&found.at[0], message))))
		status = MAILDROP_CHANGED;
	if (status == MAILDROP_OK)
		*start = found.at[0].start;
	message_list_clear(&found);
	return status;
}

/* Whether the octets that were handed out, and the `length` of them that come
 * next, are where they were read. */
static enum maildrop_status
compare_again(const struct store *mbox, struct digest_maker *again,
    char *buffer, size_t length)
{
	uint64_t at = mbox->reading.start;
	ssize_t n = 1;

	digest_begin(again);
	for (; n > 0 && at < mbox->position; at += n > 0 ? (uint64_t)n : 0) {
		n = read_piece(mbox, buffer, READ_SIZE, at, mbox->position);
		if (n > 0)
			digest_add(again, buffer, (size_t)n);
	}
	if (n > 0)
		n = fd_read_at(mbox->file.fd, buffer, length, at);
	if (n == -1)
		return failed(mbox, "read");
	return (size_t)n == length &&
	    memcmp(buffer, mbox->buffer, length) == 0 &&
	    digest_equal(digest_end(again), digest_end(mbox->pieces))
	    ? MAILDROP_OK : MAILDROP_CHANGED;
}

static enum maildrop_status
compare_pieces(const struct store *mbox, size_t length)
{
	struct digest_maker *again = digest_new();
	char *buffer = fd_buffer(READ_SIZE);
	enum maildrop_status status = again == NULL || buffer == NULL
	    ? failed(mbox, "read")
	    : compare_again(mbox, again, buffer, length);

	digest_free(again);
	free(buffer);
	return status;
}

/* The message being read was compared under that stamp: the next session need
 * not, if it is the list's. */
static void
note_seen(struct store *mbox, const struct mbox_stamp *stamp)
{
	struct message *message = &mbox->list->at[mbox->reading_at];

	if (message->seen == mbox->index.generation ||
	    !mbox_stamp_holds(stamp, &mbox->index.stamp))
		return;
	message_list_touch(mbox->list, mbox->reading_at);
	message->seen = mbox->index.generation;
	mbox->is_written = false;
}

/* Makes sure that the message being read is intact, and that so are the pieces
 * of it that were read, the last one being of `length` octets. */
static enum maildrop_status
confirm(struct store *mbox, size_t length)
{
	struct mbox_stamp now;
	enum maildrop_status status;
	uint64_t start;

	if (!mbox_file_stamp(&mbox->file, &now))
		return failed(mbox, "stat");
	if (mbox_stamp_holds(&mbox->compared, &now))
		return MAILDROP_OK;
	if (mbox->comparisons == COMPARISONS_MAX)
		return MAILDROP_OK;	/* its end tells */
	mbox->comparisons++;
	status = compare(mbox, &mbox->reading, mbox->reading_end, &start);
	if (status == MAILDROP_OK)
		status = compare_pieces(mbox, length);
	if (status == MAILDROP_OK) {
		mbox->compared = now;
		note_seen(mbox, &now);
	}
	return status == MAILDROP_CHANGED ? doubt(mbox) : status;
}

static enum maildrop_status
mbox_read_begin(struct store *mbox, struct message_list *list, size_t i)
{
	const struct message *message = &list->at[i];

	mbox->reading = *message;
	mbox->list = list;
	mbox->reading_at = i;
	mbox->reading_end = message->start + message_list_length(list, i);
	mbox->compared = mbox->scanned;
	mbox->compared.is_settled &= message->seen == mbox->index.generation;
	mbox->comparisons = 0;
	mbox->position = message->start;
	digest_begin(mbox->pieces);
	uidl_begin(mbox->sent);
	mbox->sent_octets = 0;
	mbox_scan_init(&mbox->scan, &(struct mbox_scan_settings){
	    .offset = message->start });
	return confirm(mbox, 0);
}

/* Reads the next piece and hands it to the scan. */
static enum maildrop_status
feed(struct store *mbox)
{
	uint64_t end = mbox->reading_end;
	enum maildrop_status status;
	ssize_t n;

	if (mbox->position == end) {
		mbox_scan_finish(&mbox->scan);
		return MAILDROP_OK;
	}
	n = read_piece(mbox, mbox->buffer, READ_SIZE, mbox->position, end);
	if (n == -1)
		return failed(mbox, "read");
	status = confirm(mbox, (size_t)n);
	if (status != MAILDROP_OK)
		return status;
	if (n == 0)
		return MAILDROP_CHANGED;
	mbox->position += (uint64_t)n;
	if (mbox->position < end)
		digest_add(mbox->pieces, mbox->buffer, (size_t)n);
	mbox_scan_feed(&mbox->scan, mbox->buffer, (size_t)n);
	return MAILDROP_OK;
}

/* Whether the text that was handed out is the whole message. */
static enum maildrop_status
check_sent(struct store *mbox)
{
	struct message sent = { .octets = mbox->sent_octets };
	uint64_t id;

	uidl_end(mbox->sent, &sent.content, &id);
	return sent.octets == mbox->reading.octets &&
	    message_is_equal(&sent, &mbox->reading) ? MAILDROP_OK
	    : doubt(mbox);
}

static enum maildrop_status
mbox_read(struct store *mbox, const char **octets, size_t *length)
{
	enum maildrop_status status = MAILDROP_OK;
	struct mbox_token token;

	while (status == MAILDROP_OK) {
		mbox_scan_next(&mbox->scan, &token);
		switch (token.event) {
		case MBOX_MORE:
			status = feed(mbox);
			break;
		case MBOX_TEXT:
			uidl_text(mbox->sent, token.data, token.length,
			    UIDL_IN_BODY);
			mbox->sent_octets += token.length + token.bare_lf;
			*octets = token.data;
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

/* --- update -------------------------------------------------------------- */

/* Whether an empty line, or nothing, stands before that place. */
static bool
is_after_empty_line(struct store *mbox, uint64_t at)
{
	char before[3];		/* the end of a line, and CR LF */
	size_t length = at < sizeof(before) ? (size_t)at : sizeof(before);

	if (peek(mbox, at - length, before, length) != length)
		return false;
	if (length > 0 && before[--length] != '\n')
		return false;
	if (length > 0 && before[length - 1] == '\r')
		length--;
	return length == 0 || before[length - 1] == '\n';
}

/* Whether a message begins at that place of a file of `size` octets, or could:
 * at its end. */
static bool
is_boundary(struct store *mbox, uint64_t at, uint64_t size)
{
	char line[MBOX_FROM_MAX];
	size_t length = peek(mbox, at, line, sizeof(line));
	const char *lf = memchr(line, '\n', length);

	return at == size || (is_after_empty_line(mbox, at) &&
	    mbox_from_date(line, lf == NULL ? length
	    : (size_t)(lf - line) + 1) != 0);
}

/* Whether message `i`, which is marked, still is what it was, to the octet at
 * which it begins. Where those before or behind it stay, they must end where it
 * begins, and begin where it ends: an octet more would be theirs. */
static enum maildrop_status
compare_place(struct store *mbox, const struct message_list *list, size_t i,
    uint64_t size)
{
	const struct message *message = &list->at[i];
	uint64_t end = message->start + message_list_length(list, i), start;
	enum maildrop_status status = compare(mbox, message, end, &start);
	bool is_first = i == 0 || !list->at[i - 1].marked;
	bool is_last = i + 1 == list->count || !list->at[i + 1].marked;

	if (status == MAILDROP_OK && (start != message->start ||
	    (is_first && !is_after_empty_line(mbox, start)) ||
	    (is_last && !is_boundary(mbox, end, size))))
		status = MAILDROP_CHANGED;
	return status;
}

/* Whether the marked messages are where they were, with what they were, in a
 * file of `size` octets whose lock is held. No others' octets are used. What
 * ends the last message can belong to mail that was appended. */
static enum maildrop_status
compare_marked(struct store *mbox, const struct message_list *list,
    uint64_t size)
{
	enum maildrop_status status = MAILDROP_OK;

	if (list->at[list->count - 1].marked && size != list->end)
		return MAILDROP_CHANGED;
	for (size_t i = 0; i < list->count && status == MAILDROP_OK; i++)
		if (list->at[i].marked)
			status = compare_place(mbox, list, i, size);
	return status;
}

/* Whether the scan of today begins with the messages of `list`, which may have
 * moved with a header that a mail reader wrote. */
static bool
begins_with(const struct message_list *today, const struct message_list *list)
{
	if (today->count < list->count)
		return false;
	for (size_t i = 0; i < list->count; i++)
		if (!message_is_equal(&today->at[i], &list->at[i]))
			return false;
	return true;
}

/* Lets the octets from `from` to `to` follow what stays before them. */
static void
keep(struct redo_log_plan *plan, uint64_t from, uint64_t to)
{
	if (to == from)
		return;
	plan->ranges[plan->range_count++] = (struct redo_log_range){
		.from = from, .to = plan->new_size, .length = to - from
	};
	plan->new_size += to - from;
}

/*
 * The change that removes the marked messages, of which there are some. The
 * places come from `today`, whose first messages are those of `list`. False
 * if there is no memory.
 */
static bool
make_plan(const struct message_list *list, const struct message_list *today,
    struct redo_log_plan *plan)
{
	size_t i = 0;
	uint64_t kept;		/* from here on nothing is removed yet */

	while (i < list->count && !list->at[i].marked)
		i++;
	assert(i < list->count);
	plan->start = plan->new_size = kept = today->at[i].start;
	plan->ranges = calloc(list->count - i + 1, sizeof(*plan->ranges));
	if (plan->ranges == NULL)
		return false;
	for (; i < list->count; i++) {
		const struct message *message = &today->at[i];

		if (!list->at[i].marked)
			continue;
		keep(plan, kept, message->start);
		kept = message->start + message_list_length(today, i);
	}
	keep(plan, kept, plan->old_size);
	return true;
}

static enum maildrop_status
run_plan(struct store *mbox, struct redo_log_plan *plan)
{
	switch (rewrite_run(mbox->file.fd, mbox->settings.redo_log, plan)) {
	case REWRITE_DONE:
		return MAILDROP_OK;
	case REWRITE_UNDONE:
		return failed(mbox, "update");
	case REWRITE_INTERRUPTED:
	case REWRITE_FOREIGN:
		break;
	}
	return failed(mbox, "finish the update of");
}

/* Updates the file under its lock. The list of today is true now, as far as
 * there are marks. */
static enum maildrop_status
rewrite_file(struct store *mbox, const struct message_list *list,
    const struct message_list *today)
{
	struct redo_log_plan plan = {
		.inode = (uint64_t)mbox->scanned.inode,
		.owner = mbox->settings.owner,
		.old_size = (uint64_t)mbox->scanned.size,
	};
	enum maildrop_status status;

	if (!make_plan(list, today, &plan))
		return failed(mbox, "plan the update of");
	status = run_plan(mbox, &plan);
	free(plan.ranges);
	free(plan.segments);
	return status;
}

/* The places of messages may have changed: they are looked for again. */
static enum maildrop_status
rewrite_moved(struct store *mbox, const struct message_list *list)
{
	struct message_list today = { 0 };
	enum maildrop_status status = scan_whole_file(mbox, &today);

	if (status == MAILDROP_OK)
		status = begins_with(&today, list)
		    ? rewrite_file(mbox, list, &today) : MAILDROP_CHANGED;
	message_list_clear(&today);
	doubt(mbox);
	return status;
}

/* What the index will say of the updated file: that it has grown, if there is
 * more in it than the list tells of. */
static void
note_update(struct store *mbox, struct message_list *list)
{
	off_t size = mbox->index.stamp.size - (off_t)list->end;

	message_list_drop_marked(list);
	mbox->index.is_racy = false;
	mbox->is_written = false;
	if (!mbox_file_stamp(&mbox->file, &mbox->index.stamp) ||
	    mbox->index.has_places ||
	    mbox->index.generation++ == INDEX_GENERATION_MAX)
		doubt(mbox);
	mbox->index.stamp.size = size + (off_t)list->end;
}

static enum maildrop_status
update_locked(struct store *mbox, struct message_list *list)
{
	enum maildrop_status status = MAILDROP_OK;
	struct mbox_stamp now;

	if (!mbox_file_stamp(&mbox->file, &now))
		return failed(mbox, "stat");
	/* times are evidence of what this process has seen, and of no more */
	if (!mbox->is_own_scan || !mbox_stamp_holds(&mbox->scanned, &now))
		status = compare_marked(mbox, list, (uint64_t)now.size);
	mbox->scanned = now;
	if (status == MAILDROP_CHANGED)
		return rewrite_moved(mbox, list);
	if (status == MAILDROP_OK)
		status = rewrite_file(mbox, list, list);
	if (status == MAILDROP_OK)
		note_update(mbox, list);
	return status;
}

static enum maildrop_status
mbox_update(struct store *mbox, struct message_list *list)
{
	enum maildrop_status status = mbox_file_lock(&mbox->file);

	if (status == MAILDROP_OK) {
		status = update_locked(mbox, list);
		mbox_file_unlock(&mbox->file);
	}
	if (status == MAILDROP_CHANGED)
		log_note(LOG_WARNING, "%s was changed by another program since "
		    "the login: nothing removed", mbox->settings.path);
	return status;
}

/* --- opening and closing ------------------------------------------------- */

static void
mbox_close(struct store *mbox)
{
	if (mbox == NULL)
		return;
	mbox_file_close(&mbox->file);
	message_list_clear(&mbox->known);
	uidl_free(mbox->uidl);
	uidl_free(mbox->sent);
	digest_free(mbox->pieces);
	free(mbox->buffer);
	free(mbox->window);
	free(mbox);
}

static enum maildrop_status
mbox_open(const struct store_settings *settings, struct store **store)
{
	struct store *mbox = calloc(1, sizeof(*mbox));
	enum maildrop_status status;

	if (mbox == NULL)
		return MAILDROP_TEMPORARY;
	mbox->settings = *settings;
	mbox->index.scheme = settings->scheme->mark;
	boot_id(mbox->index.boot);	/* empty: no index is of this boot */
	status = mbox_file_open(&mbox->file, settings->path, settings->owner,
	    settings->session, mbox->index.boot);
	if (status == MAILDROP_OK && mbox->file.fd != -1 && !is_known(mbox))
		status = mbox_file_lock_first(&mbox->file,
		    !redo_log_is_empty(settings->redo_log));
	if (status == MAILDROP_OK)
		*store = mbox;
	else
		mbox_close(mbox);
	return status;
}

static bool
mbox_is_left(const struct store_settings *settings)
{
	char boot[BOOT_ID_SIZE];

	boot_id(boot);
	return mbox_file_is_left(settings->path, settings->session, boot);
}

static int
mbox_directory(const struct store *mbox)
{
	return mbox->file.directory;
}

/* Finishes an update that a crash interrupted, before anything is listed. */
static enum maildrop_status
recover(struct store *mbox)
{
	switch (rewrite_recover(mbox->file.fd, mbox->settings.redo_log)) {
	case REWRITE_DONE:
		return MAILDROP_OK;
	case REWRITE_FOREIGN:
		log_note(LOG_CRIT, "%s is not what an interrupted update left "
		    "behind: it is left as it is, and the redo log is set "
		    "aside in the state directory", mbox->settings.path);
		return MAILDROP_TEMPORARY;
	case REWRITE_UNDONE:
	case REWRITE_INTERRUPTED:
		break;
	}
	return failed(mbox, "finish an interrupted update of");
}

static enum maildrop_status
mbox_load(struct store *mbox, struct message_list *list)
{
	enum maildrop_status status;

	if (mbox->file.fd == -1)
		return recover(mbox);
	mbox->uidl = uidl_new(mbox->settings.scheme);
	mbox->sent = uidl_new(&uidl_content);
	mbox->pieces = digest_new();
	mbox->buffer = fd_buffer(READ_SIZE);
	if (mbox->uidl == NULL || mbox->sent == NULL ||
	    mbox->pieces == NULL || mbox->buffer == NULL)
		return failed(mbox, "read");
	if (!mbox->file.lock.is_held) {
		take_known(mbox, list);
		return MAILDROP_OK;
	}
	status = recover(mbox);
	if (status == MAILDROP_OK)
		status = fill_list(mbox, list);
	mbox_file_unlock(&mbox->file);
	if (status == MAILDROP_CHANGED)
		log_note(LOG_ERR, "%s was changed by another program while it "
		    "was scanned", mbox->settings.path);
	return status;
}

const struct format mbox_format = {
	.is_locked = dotlock_exists,
	.is_left = mbox_is_left,
	.open = mbox_open,
	.directory = mbox_directory,
	.load = mbox_load,
	.remember = mbox_remember,
	.close = mbox_close,
	.read_begin = mbox_read_begin,
	.read = mbox_read,
	.update = mbox_update,
};
