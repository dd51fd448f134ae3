/* The marked messages go. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/min.h"
#include "maildrop/mbox/mbox.h"
#include "maildrop/mbox/rewrite.h"

/* Whether an empty line, or nothing, stands before that place. */
static bool
is_after_empty_line(struct store *mbox, uint64_t at)
{
	char before[3];		/* the end of a line, and CR LF */
	size_t length = min_u64(at, sizeof(before));

	if (mbox_peek_file(mbox, at - length, before, length) != length)
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
	size_t length = mbox_peek_file(mbox, at, line, sizeof(line));
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
	uint64_t end = message->place + message_list_length(list, i), start;
	enum maildrop_status status = mbox_verify_message(mbox, message, end,
	    &start);
	bool is_first = i == 0 || !list->at[i - 1].marked;
	bool is_last = i + 1 == list->count || !list->at[i + 1].marked;

	if (status == MAILDROP_OK && (start != message->place ||
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
	plan->start = plan->new_size = kept = today->at[i].place;
	plan->ranges = calloc(list->count - i + 1, sizeof(*plan->ranges));
	if (plan->ranges == NULL)
		return false;
	for (; i < list->count; i++) {
		const struct message *message = &today->at[i];

		if (!list->at[i].marked)
			continue;
		keep(plan, kept, message->place);
		kept = message->place + message_list_length(today, i);
	}
	keep(plan, kept, plan->old_size);
	return true;
}

static enum maildrop_status
run_plan(struct store *mbox, struct redo_log_plan *plan)
{
	switch (rewrite_run(mbox->file.fd, mbox->redo_log, plan)) {
	case REWRITE_DONE:
		return MAILDROP_OK;
	case REWRITE_UNDONE:
		return mbox_failed(mbox, "update");
	case REWRITE_INTERRUPTED:
	case REWRITE_FOREIGN:
		break;
	}
	return mbox_failed(mbox, "finish the update of");
}

/* Updates the file under its lock. The list of today is true now, as far as
 * there are marks. */
static enum maildrop_status
rewrite_file(struct store *mbox, const struct message_list *list,
    const struct message_list *today)
{
	struct redo_log_plan plan = {
		.inode = (uint64_t)mbox->scanned.inode,
		.owner = mbox->owner,
		.old_size = (uint64_t)mbox->scanned.size,
	};
	enum maildrop_status status;

	if (!make_plan(list, today, &plan))
		return mbox_failed(mbox, "plan the update of");
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
	enum maildrop_status status = mbox_scan_all(mbox, &today);

	if (status == MAILDROP_OK)
		status = begins_with(&today, list)
		    ? rewrite_file(mbox, list, &today) : MAILDROP_CHANGED;
	message_list_clear(&today);
	mbox_cache_invalidate(mbox);
	return status;
}

static enum maildrop_status
update_locked(struct store *mbox, struct message_list *list)
{
	enum maildrop_status status;

	/* what is removed is compared whatever the times say: a store through
	 * a mapping, and a power cut, can leave other data under the same */
	if (!mbox_file_stamp(&mbox->file, &mbox->scanned))
		return mbox_failed(mbox, "stat");
	status = compare_marked(mbox, list, (uint64_t)mbox->scanned.size);
	if (status == MAILDROP_CHANGED)
		return rewrite_moved(mbox, list);
	if (status == MAILDROP_OK)
		status = rewrite_file(mbox, list, list);
	if (status == MAILDROP_OK)
		mbox_cache_note_update(mbox, list);
	return status;
}

enum maildrop_status
mbox_update(struct store *mbox, struct message_list *list)
{
	enum maildrop_status status = mbox_file_lock(&mbox->file, true);

	if (status == MAILDROP_OK) {
		status = update_locked(mbox, list);
		mbox_file_unlock(&mbox->file);
	}
	if (status == MAILDROP_CHANGED)
		log_note(LOG_WARNING, "%s was changed by another program since "
		    "the login: nothing removed", mbox->path);
	return status;
}
