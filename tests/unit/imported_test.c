/* The table of imported unique ids (maildrop/imported.h). */
#include "maildrop/imported.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/unit/check.h"

#define MANY 20000
#define ROUNDS 300
#define LIST_MAX 40

static void
arrive(struct message_list *list, uint64_t content, uint32_t ordinal)
{
	const struct message message = {
		.content = { content * 0x9e3779b97f4a7c15, content },
		.ordinal = ordinal,
	};

	if (!message_list_add(list, &message, false, 0))
		abort();
}

/* A file with a table of ids "id<n>" for every message of the list but each
 * `but`-th. */
static int
file_of(const struct message_list *list, size_t but)
{
	char (*ids)[UIDL_SIZE] = calloc(list->count + 1, sizeof(*ids));
	int fd = memfd_create("table", MFD_CLOEXEC);
	size_t length = 0;
	char *text;

	if (ids == NULL || fd == -1)
		abort();
	for (size_t i = 0; i < list->count; i++)
		if (i % but != 0)
			snprintf(ids[i], sizeof(ids[i]), "id%zu", i);
	text = imported_write(list, ids, &length);
	if (text == NULL || !fd_write_at(fd, text, length, 0))
		abort();
	check_same(length, strlen(text), "length written");
	free(text);
	free(ids);
	return fd;
}

static struct imported *
read_table(int fd)
{
	struct imported *table;

	check_that(imported_read(fd, &table), "not read");
	return table;
}

/* Whether message `i` has the id that file_of gave it. */
static void
check_id(const struct imported *table, const struct message_list *list,
    size_t i, bool wanted)
{
	const char *id = imported_find(table, &list->at[i]);
	char expected[UIDL_SIZE];

	snprintf(expected, sizeof(expected), "id%zu", i);
	check_that((id != NULL) == wanted, "message %zu: %s", i,
	    id == NULL ? "none" : id);
	check_that(id == NULL || strcmp(id, expected) == 0,
	    "message %zu has %s", i, id);
}

static void
test_many(void)
{
	struct message_list list = { 0 };
	struct imported *table;
	int fd;

	check_begin("Of many messages each has its own id");
	for (size_t i = 0; i < MANY; i++)
		arrive(&list, i / 3, (uint32_t)(i % 3) + 1);
	fd = file_of(&list, 5);
	table = read_table(fd);
	for (size_t i = 0; i < MANY; i++)
		check_id(table, &list, i, i % 5 != 0);
	check_that(imported_has(table, "id1"), "id1 is in it");
	check_that(!imported_has(table, "id0"), "id0 is not");
	check_that(!imported_has(table, "id"), "nor is id");
	check_end();
	imported_free(table);
	message_list_clear(&list);
	close(fd);
}

/* Marks some, drops them, and compares with the file read again. */
static void
drop_some(struct dice *dice, struct message_list *list, int fd)
{
	struct imported *table = read_table(fd);
	bool had[LIST_MAX];

	for (size_t i = 0; i < list->count; i++) {
		had[i] = imported_find(table, &list->at[i]) != NULL;
		list->at[i].marked = dice_roll(dice, 4) == 0;
	}
	check_that(imported_drop(table, list, fd), "not dropped");
	for (size_t i = 0; i < list->count; i++)
		check_id(table, list, i, had[i] && !list->at[i].marked);
	imported_free(table);
	table = read_table(fd);
	for (size_t i = 0; i < list->count; i++)
		check_id(table, list, i, had[i] && !list->at[i].marked);
	imported_free(table);
}

static void
test_dropping(void)
{
	struct dice dice = { 1939 };

	check_begin("What is dropped is gone from the table and the file");
	for (size_t round = 0; round < ROUNDS; round++) {
		struct message_list list = { 0 };
		size_t count = dice_roll(&dice, LIST_MAX) + 1;
		int fd;

		for (size_t i = 0; i < count; i++)
			arrive(&list, i, 1);
		fd = file_of(&list, 7);
		for (int again = 0; again < 4; again++)
			drop_some(&dice, &list, fd);
		for (size_t i = 0; i < count; i++)
			list.at[i].marked = true;
		drop_some(&(struct dice){ 1 }, &list, fd);
		message_list_clear(&list);
		close(fd);
	}
	check_end();
}

static void
test_empty(void)
{
	struct message_list none = { 0 };
	struct message_list list = { 0 };
	struct imported *table;
	int fd;

	check_begin("A table of which all is dropped is an empty file");
	arrive(&list, 1, 1);
	arrive(&list, 2, 1);
	fd = file_of(&list, 3);
	table = read_table(fd);
	check_that(imported_drop(table, &none, fd), "not dropped");
	check_same((uint64_t)lseek(fd, 0, SEEK_END), 0, "size");
	imported_free(table);
	check_that(read_table(fd) == NULL, "there is a table");
	check_that(imported_find(NULL, &list.at[0]) == NULL &&
	    !imported_has(NULL, "x") && imported_drop(NULL, &list, -1),
	    "no table has rows");
	check_end();
	message_list_clear(&list);
	close(fd);
}

/* Each octet changed in each way that a bit can: no id is another one. */
static void
test_damage(void)
{
	struct message_list list = { 0 };
	off_t size;
	int fd;

	check_begin("Whatever bit is damaged, no other row is");
	for (uint64_t i = 0; i < 6; i++)
		arrive(&list, i, 1);
	fd = file_of(&list, 9);
	size = lseek(fd, 0, SEEK_END);
	for (off_t at = 0; at < size * 8; at++) {
		struct imported *table;
		size_t lost = 0;
		char octet;

		if (pread(fd, &octet, 1, at / 8) != 1)
			abort();
		octet = (char)(octet ^ 1 << at % 8);
		if (!fd_write_at(fd, &octet, 1, (uint64_t)at / 8))
			abort();
		table = read_table(fd);
		for (size_t i = 1; i < 6; i++) {
			lost += imported_find(table, &list.at[i]) == NULL;
			check_id(table, &list, i,
			    imported_find(table, &list.at[i]) != NULL);
		}
		/* digits of either case say the same; an LF ends two lines */
		check_that(lost <= 2, "bit %lld: %zu", (long long)at, lost);
		imported_free(table);
		octet = (char)(octet ^ 1 << at % 8);
		if (!fd_write_at(fd, &octet, 1, (uint64_t)at / 8))
			abort();
	}
	check_end();
	message_list_clear(&list);
	close(fd);
}

static void
test_ids(void)
{
	char long_id[UIDL_LENGTH_MAX + 2];

	memset(long_id, '!', sizeof(long_id));
	check_begin("An id has 1 to 70 octets in 0x21 to 0x7e (RFC 1939 "
	    "section 7), and does not end as ours do");
	check_that(imported_is_id("x", 1), "one octet");
	check_that(imported_is_id(long_id, UIDL_LENGTH_MAX), "70 octets");
	check_that(!imported_is_id(long_id, UIDL_LENGTH_MAX + 1), "71");
	check_that(!imported_is_id("", 0), "none");
	check_that(!imported_is_id("a b", 3), "a blank");
	check_that(!imported_is_id("a\x7f", 2), "DEL");
	check_that(!imported_is_id("a" IMPORTED_OWN, 5), "ours");
	check_that(imported_is_id("-owN", 4), "not quite ours");
	check_end();
}

int
main(void)
{
	test_many();
	test_dropping();
	test_empty();
	test_damage();
	test_ids();
	return check_status();
}
