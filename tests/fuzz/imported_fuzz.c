/*
 * The table of imported ids: whatever a file holds, rows are found as they
 * stand there, those of messages that go are dropped from the file, and no
 * other octet of it changes; and what was written is what is read.
 *
 * A line of letters, a message each: its content; one in upper case goes. Then
 * what the file holds, in whose lines the seal "!!!!!!!!" stands for the right
 * one.
 */
#include "maildrop/imported.h"

#include <ctype.h>
#include <inttypes.h>

#include "tests/fuzz/fuzz.h"

#define SEAL "!!!!!!!!"
#define SEAL_LENGTH ((size_t)8)

static struct message
message_of(char letter)
{
	uint64_t word = (uint64_t)(unsigned char)tolower(letter) *
	    0x0101010101010101;

	return (struct message){
		.content = { word, word },
		.ordinal = 1,
		.marked = isupper((unsigned char)letter),
	};
}

static struct message_list
list_of(struct fuzz_input letters)
{
	struct message_list list = { 0 };

	for (size_t i = 0; i < letters.length && i < 200; i++) {
		struct message message = message_of(letters.at[i]);

		fuzz_require(message_list_add(&list, &message, false, 0),
		    "no memory");
	}
	return list;
}

/* Puts right seals in. */
static void
seal(char *text, size_t length)
{
	char *end = text + length;

	while (text < end) {
		char *lf = memchr(text, '\n', (size_t)(end - text));
		size_t line = (size_t)((lf == NULL ? end : lf) - text);
		char digits[SEAL_LENGTH + 1];

		if (line > SEAL_LENGTH + 1 &&
		    memcmp(text, SEAL, SEAL_LENGTH) == 0) {
			snprintf(digits, sizeof(digits), "%08" PRIx32,
			    (uint32_t)digest_of(text + SEAL_LENGTH + 1,
			    line - SEAL_LENGTH - 1).low);
			memcpy(text, digits, SEAL_LENGTH);
		}
		text += line + 1;
	}
}

static char *
contents(int fd, size_t *length)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *at = fuzz_memory((size_t)size);

	fuzz_require(pread(fd, at, (size_t)size, 0) == size, "cannot read");
	*length = (size_t)size;
	return at;
}

/* Nothing but blanks came over what was there, in whole lines; or all is
 * gone. */
static void
check_blanks(const char *before, size_t length, int fd)
{
	size_t after_length;
	char *after = contents(fd, &after_length);

	fuzz_require(after_length == length || after_length == 0, "cut");
	for (size_t i = 0; i < after_length; i++)
		fuzz_require(after[i] == before[i] || (after[i] == ' ' &&
		    before[i] != '\n'), "octet %zu changed", i);
	free(after);
}

static void
check_dropped(const struct message_list *list, struct imported *before,
    int fd)
{
	struct imported *after;

	fuzz_require(imported_read(fd, &after), "not read");
	for (size_t i = 0; i < list->count; i++) {
		const struct message *message = &list->at[i];
		const char *id = imported_find(after, message);
		const char *known = imported_find(before, message);

		fuzz_require((id == NULL) == (known == NULL), "row %zu", i);
		if (known != NULL) {
			fuzz_require(strcmp(id, known) == 0, "id %zu", i);
			fuzz_require(imported_has(after, id), "has %zu", i);
			fuzz_require(imported_is_id(id, strlen(id)), "no id");
		}
	}
	imported_free(after);
}

/* Ids for all, written and read. */
static void
check_written(const struct message_list *list)
{
	char (*ids)[UIDL_SIZE] = fuzz_memory((list->count + 1) * UIDL_SIZE);
	struct imported *table;
	size_t length;
	char *text;
	int fd;

	for (size_t i = 0; i < list->count; i++)
		if (i % 3 != 0)
			snprintf(ids[i], UIDL_SIZE, "id%zu", i);
	text = imported_write(list, ids, &length);
	fuzz_require(text != NULL && strlen(text) == length, "not written");
	fd = fuzz_file(text, length);
	fuzz_require(imported_read(fd, &table), "not read");
	for (size_t i = 0; i < list->count; i++)
		fuzz_require(ids[i][0] == '\0' ||
		    (imported_find(table, &list->at[i]) != NULL &&
		    imported_has(table, ids[i])), "row %zu", i);
	imported_free(table);
	close(fd);
	free(text);
	free(ids);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	struct fuzz_input input = fuzz_input(octets, length);
	struct message_list list = list_of(fuzz_until(&input, '\n'));
	char *before = fuzz_memory(input.length);
	struct imported *table;
	int fd;

	if (input.length > 0)
		memcpy(before, input.at, input.length);
	seal(before, input.length);
	fd = fuzz_file(before, input.length);
	fuzz_require(imported_read(fd, &table), "not read");
	fuzz_require(imported_drop(table, &list, fd), "not dropped");
	check_blanks(before, input.length, fd);
	check_dropped(&list, table, fd);
	check_written(&list);
	imported_free(table);
	message_list_clear(&list);
	close(fd);
	free(before);
	return 0;
}
