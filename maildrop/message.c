#include "maildrop/message.h"

#include <stdlib.h>

static bool
grow(void **array, size_t count, size_t size)
{
	void *grown = reallocarray(*array, count, size);

	if (grown == NULL)
		return false;
	*array = grown;
	return true;
}

static bool
make_room(struct message_list *list, bool with_popa3d)
{
	size_t room = list->room == 0 ? 64 : 2 * list->room;
	void *messages = list->at, *popa3d = list->popa3d;

	if (list->count < list->room)
		return true;
	if (!grow(&messages, room, sizeof(*list->at)))
		return false;
	list->at = messages;
	if (with_popa3d) {
		if (!grow(&popa3d, room, sizeof(*list->popa3d)))
			return false;
		list->popa3d = popa3d;
	}
	list->room = room;
	return true;
}

bool
message_list_add(struct message_list *list, const struct message *message,
    bool with_popa3d, uint64_t popa3d)
{
	if (!make_room(list, with_popa3d))
		return false;
	list->at[list->count] = *message;
	if (with_popa3d)
		list->popa3d[list->count] = popa3d;
	list->count++;
	return true;
}

void
message_list_clear(struct message_list *list)
{
	free(list->at);
	free(list->popa3d);
	*list = (struct message_list){ 0 };
}

bool
message_is_equal(const struct message *a, const struct message *b)
{
	return digest_equal(a->content, b->content);
}
