/*
 * The index: what was written is what is read; of a file that was damaged
 * nothing is believed; and of one that was damaged and sealed again, as nobody
 * but we would, only what is a list.
 *
 * An octet of flags, one for the number of messages; then changes of the file,
 * of four octets each: where, two octets of which the highest bit means the
 * messages and not the header; what to do there, with which octet.
 */
#include "maildrop/mbox/index.c"

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/quiet_log.h"

enum flags { WITH_IDS = 1, SEALED = 2, UNDECIDED = 4, RACY = 8,
	SECOND = 16, READ_OTHER = 32 };
enum act { ACT_ADD, ACT_SET, ACT_CUT, ACT_GROW, ACTS };

static void
make_list(struct message_list *list, size_t count, bool with_id)
{
	for (size_t i = 0; i < count; i++) {
		struct message message = {
			.place = i * 100 + i % 7,
			.octets = 50 + i,
			.content = { i % 3, i % 5 },
			.ordinal = (uint32_t)i + 1,
			.repeated = i % 3 == 0,
			.seen = (uint16_t)(i % 2),
		};

		fuzz_require(message_list_add(list, &message, with_id,
		    ~(uint64_t)i), "no memory");
	}
	list->end = count * 100 + 7;
	list->known = count;
}

static struct index
make_index(unsigned flags)
{
	return (struct index){
		.boot = "0123456789abcdef0123456789abcdef",
		.stamp = {
			.device = 1, .inode = 2, .size = 1 << 20,
			.modified = { 3, 4 }, .changed = { 5, 6 },
		},
		.generation = (flags & SECOND) != 0 ? 2 : 1,
		.scheme = (flags & WITH_IDS) != 0,
		.is_racy = (flags & RACY) != 0,
		.end_may_move = (flags & UNDECIDED) != 0,
		.depends_on_position = (flags & SEALED) != 0,
	};
}

static void
check_index(const struct index *found, const struct index *wanted)
{
	fuzz_require(mbox_stamp_equal(&found->stamp, &wanted->stamp) &&
	    strcmp(found->boot, wanted->boot) == 0 &&
	    found->generation == wanted->generation &&
	    found->is_racy == wanted->is_racy &&
	    found->end_may_move == wanted->end_may_move &&
	    found->depends_on_position == wanted->depends_on_position, "another index");
}

static void
check_list(const struct message_list *found, const struct message_list *wanted)
{
	size_t count = wanted->count;

	fuzz_require(found->count == count && found->known == count &&
	    found->same == count && found->end == wanted->end &&
	    found->octets == wanted->octets, "another list");
	fuzz_require(count == 0 || memcmp(found->at, wanted->at,
	    count * sizeof(*wanted->at)) == 0, "other messages");
	fuzz_require(count == 0 || wanted->ids == NULL ||
	    memcmp(found->ids, wanted->ids,
	    count * sizeof(*wanted->ids)) == 0, "other ids");
}

/* What holds of every list, and that it can be worked with. */
static void
check_sense(struct message_list *list, const struct index *index)
{
	uint64_t octets = 0, length = 0;
	size_t before = list->count;

	for (size_t i = 0; i < list->count; i++) {
		octets += list->at[i].octets;
		length += message_list_length(list, i);
		fuzz_require(message_list_length(list, i) > 0, "empty %zu", i);
		fuzz_require(list->at[i].ordinal > 0, "ordinal %zu", i);
		fuzz_require(!list->at[i].marked, "marked %zu", i);
		fuzz_require(list->at[i].seen <= index->generation,
		    "seen %zu", i);
	}
	fuzz_require(octets == list->octets, "octets");
	fuzz_require(list->count == 0 ||
	    list->at[0].place + length == list->end, "end");
	fuzz_require(list->end <= (uint64_t)index->stamp.size, "beyond");
	fuzz_require(index->generation > 0, "generation");
	for (size_t i = 0; i < 200; i++)
		fuzz_require(message_list_add(list, &(struct message){
		    .place = list->end }, list->ids != NULL, i),
		    "no memory");
	while (list->count > before)
		message_list_take_last(list);
}

/* --- damage ---------------------------------------------------------------- */

static void
change(int fd, struct fuzz_input *input)
{
	unsigned where = fuzz_octet(input) << 8;
	unsigned act, octet;
	uint64_t at;
	uint8_t there = 0;

	where |= fuzz_octet(input);
	act = fuzz_octet(input) % ACTS;
	octet = fuzz_octet(input);
	at = (where & 0x8000) != 0 ? MESSAGES_AT + (where & 0x7fff)
	    : where % (sizeof(struct header) + 32);
	if (act == ACT_CUT) {
		fuzz_require(fd_truncate(fd, at), "cannot cut");
		return;
	}
	if (act == ACT_GROW) {
		fuzz_require(fd_truncate(fd, MESSAGES_AT + octet * 40UL),
		    "cannot grow");
		return;
	}
	fuzz_require(fd_read_at(fd, &there, 1, at) != -1, "cannot read");
	there = (uint8_t)(act == ACT_ADD ? there + octet : octet);
	fuzz_require(fd_write_at(fd, &there, 1, at), "cannot write");
}

/* Makes the digest true of the file, as far as it has what its header tells
 * of. */
static void
seal_again(int fd, bool with_id)
{
	struct message_list list = { 0 };
	struct header header;

	if (read_header(fd, with_id, &header) &&
	    message_list_read(&list, fd, MESSAGES_AT, (size_t)header.count) &&
	    read_ids(fd, &header, &list)) {
		fuzz_require(seal(&header, &list, &header.seal), "no memory");
		fuzz_require(fd_write_at(fd, &header, sizeof(header), 0),
		    "cannot write");
	}
	message_list_clear(&list);
}

static struct fuzz_input
file_of(int fd)
{
	struct stat status;
	char *at;

	fuzz_require(fstat(fd, &status) == 0, "no size");
	at = fuzz_memory((size_t)status.st_size);
	fuzz_require(fd_read_at(fd, at, (size_t)status.st_size, 0) ==
	    status.st_size, "cannot read");
	return (struct fuzz_input){ at, (size_t)status.st_size };
}

static bool
is_damaged(struct fuzz_input before, struct fuzz_input after)
{
	return before.length != after.length ||
	    memcmp(before.at, after.at, before.length) != 0;
}

/* --- one input ------------------------------------------------------------- */

/* Writes the list, reads it again, writes it with one message more. */
static void
check_round_trip(int fd, struct message_list *list, const struct index *index)
{
	struct message_list found = { 0 };
	struct index found_index;
	bool with_id = index->scheme != 0;

	index_write(fd, list, index);
	fuzz_require(index_read(fd, with_id, &found, &found_index),
	    "not read");
	check_index(&found_index, index);
	check_list(&found, list);
	fuzz_require(message_list_add(&found, &(struct message){
	    .place = found.end, .ordinal = 1 }, with_id, 1), "no memory");
	found.end++;
	found.known++;
	index_write(fd, &found, index);
	message_list_clear(&found);
	fuzz_require(index_read(fd, with_id, &found, &found_index) &&
	    found.count == list->count + 1, "not read again");
	message_list_clear(&found);
	list->same = 0;
	index_write(fd, list, index);
}

static void
check_damage(int fd, unsigned flags, struct fuzz_input *input)
{
	struct fuzz_input before = file_of(fd), after;
	bool with_id = (flags & WITH_IDS) != 0;
	struct message_list list = { 0 };
	struct index index;
	bool is_read;

	while (input->length > 0)
		change(fd, input);
	if ((flags & SEALED) != 0)
		seal_again(fd, with_id);
	after = file_of(fd);
	is_read = index_read(fd, with_id ^ ((flags & READ_OTHER) != 0),
	    &list, &index);
	if ((flags & SEALED) == 0)
		fuzz_require(is_read == (!is_damaged(before, after) &&
		    (flags & READ_OTHER) == 0), "damaged or not");
	if (is_read)
		check_sense(&list, &index);
	else
		fuzz_require(list.at == NULL && list.count == 0 &&
		    list.ids == NULL, "not empty");
	message_list_clear(&list);
	free((char *)(uintptr_t)before.at);
	free((char *)(uintptr_t)after.at);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	struct fuzz_input input = fuzz_input(octets, length);
	unsigned flags = fuzz_octet(&input), count = fuzz_octet(&input);
	bool with_id = (flags & WITH_IDS) != 0;
	struct message_list list = { 0 };
	struct index index = make_index(flags);
	int fd = fuzz_file("", 0);

	make_list(&list, count, with_id);
	check_round_trip(fd, &list, &index);
	check_damage(fd, flags, &input);
	index_forget(fd);
	message_list_clear(&list);
	fuzz_require(!index_read(fd, with_id, &list, &index), "forgotten");
	close(fd);
	return 0;
}
