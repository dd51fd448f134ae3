#include "maildrop/message.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

_Static_assert(sizeof(struct message) == 40, "it is written to files");

/* --- memory: whole pages, so that a file's can be among them ------------- */

static size_t
pages_for(size_t count)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (count * sizeof(struct message) + page - 1) / page * page;
}

static void *
map_memory(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

/* Memory of `size` with what the list has. A file's pages would go on as the
 * file does, which ends. */
static void *
move(const struct message_list *list, size_t size)
{
	size_t old = pages_for(list->room);
	void *at;

	if (list->at != NULL && !list->has_file) {
		at = mremap(list->at, old, size, MREMAP_MAYMOVE);
		return at == MAP_FAILED ? NULL : at;
	}
	at = map_memory(size);
	if (at != NULL && list->at != NULL) {
		memcpy(at, list->at, list->count * sizeof(*list->at));
		munmap(list->at, old);
	}
	return at;
}

/* Makes room for `count` messages, of which there are fewer. */
static bool
grow(struct message_list *list, size_t count)
{
	size_t size = pages_for(count);
	void *grown = move(list, size);

	if (grown == NULL)
		return false;
	list->at = grown;
	list->room = size / sizeof(*list->at);
	list->has_file = false;
	return true;
}

/* The ids first: more of them than messages do no harm. */
static bool
make_room(struct message_list *list, bool with_id)
{
	size_t room = 2 * list->count + 1;

	if (list->count < list->room)
		return true;
	if (list->count > SIZE_MAX / sizeof(*list->at) / 4)
		return false;
	if (with_id) {
		uint64_t *ids = reallocarray(list->ids,
		    pages_for(room) / sizeof(*list->at), sizeof(*ids));

		if (ids == NULL)
			return false;
		list->ids = ids;
	}
	return grow(list, room);
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
message_list_map(struct message_list *list, int fd, uint64_t offset,
    size_t count)
{
	size_t size = pages_for(count);

	if (count == 0)
		return true;
	if (count > SIZE_MAX / sizeof(*list->at) / 4 ||
	    !grow(list, count + 1))
		return false;
	list->count = list->known = list->same = count;
	list->has_file = true;
	/* pages that are writable from the start would be copied at once */
	return mmap(list->at, size, PROT_READ, MAP_PRIVATE | MAP_FIXED |
	    MAP_POPULATE, fd, (off_t)offset) != MAP_FAILED &&
	    mprotect(list->at, size, PROT_READ | PROT_WRITE) == 0;
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
	if (list->at != NULL)
		munmap(list->at, pages_for(list->room));
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
