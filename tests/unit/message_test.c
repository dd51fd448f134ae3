/* The list of messages (maildrop/message.h), in memory and from a file. */
#include "maildrop/message.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/check.h"

/* Where messages stand in the file. */
#define MESSAGES_AT ((uint64_t)192)
/* More than where huge pages begin, and than one of these holds. */
#define COUNT_MAX 60000
#define ROUNDS 300

/* Message `i`, which takes i + 1 octets of the mailbox. */
static struct message
made(size_t i)
{
	return (struct message){
		.place = i * (i + 1) / 2,
		.octets = 1000 + i,
		.content = { i, ~(uint64_t)i },
		.ordinal = (uint32_t)i + 1,
	};
}

static void
add(struct message_list *list, size_t i, bool with_id)
{
	const struct message message = made(i);

	if (!message_list_add(list, &message, with_id, 7 * i))
		abort();
	list->end = message.place + i + 1;
}

static struct message_list
list_of(size_t count, bool with_id)
{
	struct message_list list = { 0 };

	for (size_t i = 0; i < count; i++)
		add(&list, i, with_id);
	list.known = list.same = count;
	return list;
}

/* A file with so many messages, and something after them. */
static int
file_of(size_t count)
{
	int fd = memfd_create("index", MFD_CLOEXEC);

	for (size_t i = 0; i < count; i++) {
		struct message message = made(i);

		if (pwrite(fd, &message, sizeof(message),
		    (off_t)(MESSAGES_AT + i * sizeof(message))) !=
		    sizeof(message))
			abort();
	}
	if (fd == -1 || pwrite(fd, "end", 3, (off_t)(MESSAGES_AT +
	    count * sizeof(struct message))) != 3)
		abort();
	return fd;
}

/* The same, of the list: what message_list_read leaves to its caller, too. */
static struct message_list
list_from(int fd, size_t count)
{
	struct message_list list = { 0 };

	check_that(message_list_read(&list, fd, MESSAGES_AT, count), "no list");
	for (size_t i = 0; i < count; i++)
		list.octets += made(i).octets;
	list.end = count * (count + 1) / 2;
	list.known = list.same = count;
	return list;
}

static void
check_made(const struct message_list *list, size_t count)
{
	uint64_t octets = 0;

	check_same(list->count, count, "messages");
	for (size_t i = 0; i < count && i < list->count; i++) {
		struct message wanted = made(i);
		const struct message *found = &list->at[i];

		check_that(found->place == wanted.place &&
		    found->octets == wanted.octets &&
		    message_is_equal(found, &wanted) &&
		    found->ordinal == wanted.ordinal && !found->marked,
		    "message %zu of %zu is another", i, count);
		check_same(message_list_length(list, i), i + 1, "length");
		octets += wanted.octets;
	}
	check_same(list->octets, octets, "octets");
}

/* --- in memory ------------------------------------------------------------- */

static void
test_growth(void)
{
	struct message_list list = list_of(5000, true);

	check_begin("a list grows, and the ids beside it");
	check_made(&list, 5000);
	for (size_t i = 0; i < list.count; i++)
		check_same(list.ids[i], 7 * i, "the scheme's id");
	message_list_clear(&list);
	check_that(list.at == NULL && list.count == 0 && list.room == 0,
	    "it is not empty after that");
	check_end();
}

static void
test_take_last(void)
{
	struct message_list list = list_of(10, false);

	check_begin("the last message is taken off, and is not known, or the "
	    "same, any more");
	message_list_take_last(&list);
	check_made(&list, 9);
	check_same(list.end, made(9).place, "end");
	check_same(list.known, 9, "known");
	check_same(list.same, 9, "same");
	add(&list, 9, false);
	check_made(&list, 10);
	check_same(list.known, 9, "known with another");
	check_same(list.same, 9, "same with another");
	message_list_clear(&list);
	check_end();
}

static void
test_touch(void)
{
	struct message_list list = list_of(10, false);

	check_begin("what was touched first counts");
	message_list_touch(&list, 7);
	message_list_touch(&list, 3);
	message_list_touch(&list, 5);
	check_same(list.same, 3, "same");
	message_list_clear(&list);
	check_end();
}

/* The messages that are not marked, octet after octet, in the naive way. */
static void
check_dropped(struct message_list *list, const bool *marked, size_t count)
{
	size_t first = 0, at = 0;
	uint64_t start = 0, octets = 0;

	while (first < count && !marked[first])
		first++;
	for (size_t i = 0; i < count; i++) {
		if (marked[i])
			continue;
		if (!check_that(at < list->count, "message %zu is gone", i))
			return;
		check_same(list->at[at].place, start, "start");
		check_same(list->at[at].octets, made(i).octets, "octets");
		check_same(list->at[at].ordinal, i + 1, "ordinal");
		check_same(list->ids[at], 7 * i, "the scheme's id");
		start += i + 1;
		octets += made(i).octets;
		at++;
	}
	check_same(list->count, at, "messages");
	check_same(list->known, at, "known");
	check_same(list->same, first, "same");
	check_same(list->end, start, "end");
	check_same(list->octets, octets, "octets of all");
}

static void
test_drop_marked(void)
{
	struct dice dice = { .state = 1 };
	bool marked[200];

	check_begin("marked messages go out of the list as out of the file");
	for (size_t round = 0; round < ROUNDS; round++) {
		size_t count = 1 + dice_roll(&dice, 200);
		size_t sides = 1 + dice_roll(&dice, 20);
		struct message_list list = list_of(count, true);

		for (size_t i = 0; i < count; i++)
			list.at[i].marked = marked[i] =
			    dice_roll(&dice, sides) == 0;
		message_list_drop_marked(&list);
		check_dropped(&list, marked, count);
		message_list_clear(&list);
	}
	check_end();
}

/* --- from a file ----------------------------------------------------------- */

/* Each count to 220, then ever fewer. */
static size_t
next_count(size_t count)
{
	return count + (count < 220 ? 1 : count / 3);
}

static void
test_read(void)
{
	check_begin("a list from a file has what is in the file");
	for (size_t count = 0; count < COUNT_MAX; count = next_count(count)) {
		int fd = file_of(count);
		struct message_list list = list_from(fd, count);

		check_made(&list, count);
		message_list_clear(&list);
		close(fd);
	}
	check_end();
}

/* What the file has behind its messages is none. */
static void
test_read_growth(void)
{
	check_begin("a list from a file grows");
	for (size_t count = 0; count < COUNT_MAX; count = next_count(count)) {
		int fd = file_of(count);
		struct message_list list = list_from(fd, count);

		for (size_t i = count; i < 2 * count + 300; i++)
			add(&list, i, false);
		check_made(&list, 2 * count + 300);
		check_same(list.same, count, "same");
		message_list_clear(&list);
		close(fd);
	}
	check_end();
}

static void
test_read_short(void)
{
	struct message_list list = { 0 };
	int fd = file_of(300);

	check_begin("a file that has fewer messages makes no list");
	check_that(!message_list_read(&list, fd, MESSAGES_AT, 301), "301");
	message_list_clear(&list);
	check_that(!message_list_read(&list, fd, MESSAGES_AT, 60000), "60000");
	message_list_clear(&list);
	check_that(!message_list_read(&list, fd, MESSAGES_AT, SIZE_MAX),
	    "more than memory can have");
	message_list_clear(&list);
	close(fd);
	check_end();
}

int
main(void)
{
	test_growth();
	test_take_last();
	test_touch();
	test_drop_marked();
	test_read();
	test_read_growth();
	test_read_short();
	return check_status();
}
