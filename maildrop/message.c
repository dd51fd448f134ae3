#include "maildrop/message.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/fd.h"

_Static_assert(sizeof(struct message) == 40, "it is written to files");

#define COUNT_MAX (SIZE_MAX / sizeof(struct message) / 4)

/* Smaller lists take less time in pages of the usual size. */
#define MANY_OCTETS ((size_t)256 << 10)
#define HUGE_PAGE ((size_t)2 << 20)

/* --- memory -------------------------------------------------------------- */

/* Memory that will be filled at once. To get it page by page takes longer than
 * to fill it, so that much of it is of huge pages where the system has them. */
static void *
allocate_whole(size_t size)
{
	void *at;

	if (size < MANY_OCTETS)
		return malloc(size);
	size = (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
	at = aligned_alloc(HUGE_PAGE, size);
	if (at != NULL)
		madvise(at, size, MADV_HUGEPAGE);
	return at;
}

/* The ids first: more of them than messages do no harm. */
static bool
make_room(struct message_list *list, bool with_id)
{
	size_t room = 2 * list->count + 1;
	struct message *at;
	uint64_t *ids;

	if (list->count < list->room)
		return true;
	if (list->count > COUNT_MAX)
		return false;
	if (with_id) {
		ids = reallocarray(list->ids, room, sizeof(*ids));
		if (ids == NULL)
			return false;
		list->ids = ids;
	}
	at = reallocarray(list->at, room, sizeof(*at));
	if (at == NULL)
		return false;
	list->at = at;
	list->room = room;
	return true;
}

/* --- the list ------------------------------------------------------------ */

bool
message_list_add(struct message_list *list, const struct message *message,
    bool with_id, uint64_t id)
{
	if (!make_room(list, with_id))
		return false;
	list->at[list->count] = *message;
	if (with_id)
		list->ids[list->count] = id;
	list->count++;
	list->octets += message->octets;
	return true;
}

void
message_list_take_last(struct message_list *list)
{
	assert(list->count > 0);
	list->count--;
	list->end = list->at[list->count].place;
	list->octets -= list->at[list->count].octets;
	message_list_touch(list, list->count);
	if (list->known > list->count)
		list->known = list->count;
}

void
message_list_touch(struct message_list *list, size_t i)
{
	if (list->same > i)
		list->same = i;
}

bool
message_list_read(struct message_list *list, int fd, uint64_t offset,
    size_t count)
{
	size_t size = count * sizeof(*list->at);

	if (count == 0)
		return true;
	if (count > COUNT_MAX)
		return false;
	list->at = allocate_whole(size);
	if (list->at == NULL)
		return false;
	list->room = list->count = list->known = list->same = count;
	return fd_read_at(fd, list->at, size, offset) == (ssize_t)size;
}

bool
message_list_is_again(struct message_list *list, const struct message *message)
{
	struct message *again = &list->at[list->known];

	if (list->known == list->count || again->place != message->place ||
	    !message_is_equal(again, message))
		return false;
	again->ordinal = message->ordinal;
	again->repeated = message->repeated;
	list->known++;
	return true;
}

void
message_list_know_all(struct message_list *list)
{
	list->known = list->count;
}

void
message_list_note_written(struct message_list *list)
{
	list->same = list->count;
}

void
message_list_drop_marked(struct message_list *list)
{
	uint64_t removed = 0;
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct message message = list->at[i];

		if (message.marked) {
			message_list_touch(list, i);
			removed += message_list_length(list, i);
			list->octets -= message.octets;
			continue;
		}
		message.place -= removed;
		if (removed > 0)
			list->at[count] = message;
		if (list->ids != NULL)
			list->ids[count] = list->ids[i];
		count++;
	}
	list->count = list->known = count;
	list->end -= removed;
}

void
message_list_clear(struct message_list *list)
{
	free(list->at);
	free(list->ids);
	*list = (struct message_list){ 0 };
}

uint64_t
message_list_length(const struct message_list *list, size_t i)
{
	uint64_t end = i + 1 < list->count ? list->at[i + 1].place : list->end;

	return end - list->at[i].place;
}

bool
message_is_equal(const struct message *a, const struct message *b)
{
	return digest_equal(a->content, b->content);
}
