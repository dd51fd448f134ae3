/*
 * A redo log whose octets were changed after a crash: recovery finishes what a
 * whole redo log tells of, or leaves the mailbox alone.
 *
 * Octets: flags; after how many calls that change something the update stops;
 * how many messages; a size for each, whose lowest bit says that it goes. Then
 * the changes, four octets each: where (two), how, and a value.
 *
 * With SEALED the digests are made again after the changes, so that recovery
 * meets a redo log that is whole and makes no sense; with VOUCHED also those of
 * the mailbox's content. Then nothing may be written outside of the mailbox,
 * and nothing at all if the redo log cannot be one of ours.
 */
#include "maildrop/mbox/redo_log_format.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "maildrop/mbox/rewrite.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/check.h"

enum flags {
	RAW = 1,		/* changes of octets; else of fields */
	SEALED = 2,
	VOUCHED = 4,
	APPENDED = 8,		/* mail came after the crash */
};

#define MESSAGES_MAX 12
#define RANGES_MAX MESSAGES_MAX
#define BOX_MAX ((size_t)32768)
#define IMAGE_MAX ((size_t)65536)
#define CALLS_MAX 20000
#define MAIL "\nFrom a@b Mon Jan  1 00:00:00 2024\n\nnew\n"

struct octets {
	size_t length;
	char at[BOX_MAX];
};

static struct {
	int fd, redo_log_fd;
	struct redo_log *redo_log;
	unsigned flags;
	struct octets old, new;		/* what the update is about */
	struct octets before, after;	/* the recovery */
} world;

/* The redo log's file, in memory that can be seen as what it holds. */
static struct {
	char *at;			/* IMAGE_MAX */
	size_t length;
	struct redo_log_head *head;
	struct redo_log_slot *slots[2];
	struct redo_log_plan plan;	/* points into it */
	bool has_plan, is_changed;
} image;

/* --- the disk, in place of base/fd.c ------------------------------------ */

static struct {
	bool in_recovery, has_stopped;
	unsigned left, calls;		/* left: until the update stops */
} disk;

static void
count_call(void)
{
	fuzz_require(++disk.calls < CALLS_MAX, "no end");
}

static bool
may_change(void)
{
	count_call();
	if (disk.in_recovery || disk.left-- > 0)
		return true;
	disk.left = 0;
	errno = EIO;
	return false;
}

void *
fd_buffer(size_t size)
{
	return malloc(size);
}

ssize_t
fd_read_at(int fd, void *buffer, size_t length, uint64_t offset)
{
	count_call();
	return pread(fd, buffer, length, (off_t)offset);
}

/* The write at which the update stops is done by half. */
bool
fd_write_at(int fd, const void *buffer, size_t length, uint64_t offset)
{
	size_t end = fd == world.fd ? world.before.length : IMAGE_MAX;
	bool stops = !may_change();

	if (stops && disk.has_stopped)
		return false;
	disk.has_stopped |= stops;
	fuzz_require(!disk.in_recovery || (offset <= end &&
	    length <= end - offset), "%zu octets written at %llu of %zu",
	    length, (unsigned long long)offset, end);
	length /= 1 + stops;
	return pwrite(fd, buffer, length, (off_t)offset) == (ssize_t)length &&
	    !stops;
}

bool
fd_sync(int fd)
{
	(void)fd;
	return may_change();
}

bool
fd_sync_data(int fd)
{
	return fd_sync(fd);
}

bool
fd_truncate(int fd, uint64_t length)
{
	fuzz_require(!disk.in_recovery || length <= (fd == world.fd
	    ? world.before.length : 0), "made longer");
	return may_change() && ftruncate(fd, (off_t)length) == 0;
}

/* A file system with room that writes everything to its own place. */
bool
fd_take_room(int fd, uint64_t offset, uint64_t length)
{
	(void)fd, (void)offset, (void)length;
	return true;
}

bool
fd_give_room(int fd, uint64_t offset, uint64_t length)
{
	return fd_take_room(fd, offset, length);
}

bool
fd_writes_elsewhere(int fd)
{
	(void)fd;
	return false;
}

static void
read_all(int fd, struct octets *octets)
{
	ssize_t n = pread(fd, octets->at, sizeof(octets->at), 0);

	fuzz_require(n >= 0, "cannot read the mailbox");
	octets->length = (size_t)n;
}

static bool
is_same(const struct octets *a, const struct octets *b)
{
	return a->length == b->length && memcmp(a->at, b->at, a->length) == 0;
}

/* --- an update that stops ----------------------------------------------- */

static void
add_octets(struct octets *to, const char *at, size_t length)
{
	memcpy(to->at + to->length, at, length);
	to->length += length;
}

static void
keep(struct redo_log_plan *plan, size_t length)
{
	plan->ranges[plan->range_count++] = (struct redo_log_range){
		.from = world.old.length, .to = plan->new_size,
		.length = length,
	};
	plan->new_size += length;
}

/* Makes the mailbox, the plan of an update, and what must come of it. */
static void
make_update(struct fuzz_input *input, struct redo_log_plan *plan)
{
	size_t count = 1 + fuzz_octet(input) % MESSAGES_MAX;
	struct dice dice = { .state = 1939 };
	bool has_begun = false;

	world.old.length = world.new.length = 0;
	while (count-- > 0) {
		unsigned size = fuzz_octet(input);
		bool goes = size % 2 == 1;
		char text[17 + 255 * 8];
		size_t length = 17 + size * 8;

		for (size_t i = 0; i < length; i++)
			text[i] = (char)('a' + dice_roll(&dice, 26));
		if (goes && !has_begun)
			plan->start = plan->new_size = world.old.length;
		has_begun |= goes;
		if (!goes)
			add_octets(&world.new, text, length);
		if (has_begun && !goes)
			keep(plan, length);
		add_octets(&world.old, text, length);
	}
	plan->old_size = world.old.length;
	if (!has_begun)
		plan->start = plan->new_size = plan->old_size;
}

static void
run_update(struct fuzz_input *input, unsigned stop)
{
	struct redo_log_range ranges[RANGES_MAX];
	struct redo_log_plan plan = { .ranges = ranges };
	struct stat status;

	make_update(input, &plan);
	world.fd = fuzz_file(world.old.at, world.old.length);
	world.redo_log_fd = fuzz_file("", 0);
	world.redo_log = redo_log_new(world.redo_log_fd);
	fuzz_require(world.redo_log != NULL && fstat(world.fd, &status) == 0,
	    "no memory");
	plan.inode = status.st_ino;
	disk.in_recovery = disk.has_stopped = false;
	disk.calls = 0;
	disk.left = stop;
	if (plan.new_size < plan.old_size)
		rewrite_run(world.fd, world.redo_log, &plan);
	free(plan.segments);
}

/* --- changes of the redo log --------------------------------------------- */

/* Finds the parts of the image: there is a plan if they are in it. */
static void
look_at_image(void)
{
	const struct redo_log_head *head = image.head;
	size_t room = image.length / sizeof(struct digest);

	image.has_plan = image.length > PLAN_OFFSET &&
	    head->range_count < room && head->segment_count < room;
	if (!image.has_plan)
		return;
	image.plan = (struct redo_log_plan){
		.id = head->id, .inode = head->inode,
		.old_size = head->old_size, .new_size = head->new_size,
		.start = head->start,
		.range_count = head->range_count,
		.segment_count = head->segment_count,
		.ranges = (void *)(image.at + PLAN_OFFSET),
	};
	image.plan.segments = (void *)(image.at + PLAN_OFFSET +
	    ranges_size(&image.plan));
	image.has_plan = PLAN_OFFSET + ranges_size(&image.plan) +
	    segments_size(&image.plan) <= image.length;
}

static void
read_image(void)
{
	ssize_t n;

	memset(image.at, 0, IMAGE_MAX);
	n = pread(world.redo_log_fd, image.at, IMAGE_MAX, 0);
	fuzz_require(n >= 0, "cannot read the redo log");
	image.length = (size_t)n;
	image.head = (void *)image.at;
	for (unsigned place = 0; place < 2; place++)
		image.slots[place] = (void *)(image.at + slot_offset(place));
	look_at_image();
}

static void
change_octets(size_t where, unsigned how, unsigned value)
{
	char *at = image.at + where % image.length;

	switch (how % 4) {
	case 0:
		*at ^= (char)(value | 1);
		break;
	case 1:
		*at = (char)value;
		break;
	case 2:
		memset(at, 0, image.length - where % image.length < 64
		    ? image.length - where % image.length : 64);
		break;
	case 3:
		image.length = where % image.length;
		break;
	}
}

/* Field `which` of all numbers in the head, the steps and the ranges. */
static uint64_t *
field_of(size_t which)
{
	struct redo_log_head *head = image.head;
	struct redo_log_slot *a = image.slots[0], *b = image.slots[1];
	uint64_t *fields[] = {
		&head->inode, &head->old_size, &head->new_size, &head->start,
		&head->range_count, &head->segment_count,
		&a->step.sequence, &a->step.position, &a->step.length, &a->step.end, &a->step.is_last,
		&b->step.sequence, &b->step.position, &b->step.length, &b->step.end, &b->step.is_last,
	};
	size_t fixed = sizeof(fields) / sizeof(fields[0]);
	uint64_t *ranges = (uint64_t *)(void *)image.plan.ranges;

	which %= fixed + 3 * RANGES_MAX;
	if (which < fixed)
		return fields[which];
	if (image.plan.range_count == 0 || image.plan.range_count > RANGES_MAX)
		return fields[which % fixed];
	return &ranges[(which - fixed) % (3 * image.plan.range_count)];
}

static void
change_field(size_t where, unsigned how, unsigned value)
{
	uint64_t *field = field_of(where);

	switch (how % 8) {
	case 0:
		*field = value;
		break;
	case 1:
		*field += value;
		break;
	case 2:
		*field -= value;
		break;
	case 3:
		*field = *field_of(value);
		break;
	case 4:
		*field = UINT64_MAX - value;
		break;
	case 5:
		*field ^= (uint64_t)1 << value % 64;
		break;
	case 6:
		*field = value * (uint64_t)128;
		break;
	case 7:
		*field = world.before.length + value - 128;
		break;
	}
}

static void
change_image(struct fuzz_input *input)
{
	while (input->length > 0 && image.length > 0) {
		size_t where = fuzz_octet(input) << 8;
		unsigned how;

		where |= fuzz_octet(input);
		how = fuzz_octet(input);
		if ((world.flags & RAW) != 0)
			change_octets(where, how, fuzz_octet(input));
		else if (image.has_plan)
			change_field(where, how, fuzz_octet(input));
		else
			break;
	}
}

/* --- sealing ------------------------------------------------------------ */

/* The digest of the copy of a step; false if there is no room for it. */
static bool
copy_digest(const struct redo_log_slot *slot, struct digest *copy)
{
	struct redo_log redo_log = { 0 };
	uint64_t offset;

	redo_log_set_plan(&redo_log, &image.plan);
	offset = copy_offset(&redo_log, slot->step.sequence);
	if (slot->step.length > redo_log.copy_room || offset > image.length ||
	    slot->step.length > image.length - offset)
		return false;
	*copy = digest_of(image.at + offset, slot->step.length);
	return true;
}

/* Whether there is a whole step at this place. */
static bool
has_step(unsigned place)
{
	const struct redo_log_slot *slot = image.slots[place];
	struct digest copy;

	return slot->step.sequence % 2 == place &&
	    digest_equal(slot->id, image.head->id) && digest_equal(slot->self,
	    digest_of(slot, offsetof(struct redo_log_slot, self))) &&
	    copy_digest(slot, &copy) &&
	    (slot->step.length == 0 || digest_equal(slot->step.copy, copy));
}

static void
seal_step(unsigned place)
{
	struct redo_log_slot *slot = image.slots[place];

	if (slot->step.sequence == 0 && slot->step.position == 0 && slot->step.end == 0)
		return;			/* there was none */
	slot->id = image.head->id;
	copy_digest(slot, &slot->step.copy);
	slot->self = digest_of(slot, offsetof(struct redo_log_slot, self));
}

/* The new file's octet `to` as the plan has it, where all before `position` is
 * finished; -1 if there is none. */
static int
octet_of(uint64_t to, uint64_t position)
{
	uint64_t from = to;

	for (size_t i = 0; i < image.plan.range_count && to >= position; i++) {
		const struct redo_log_range *range = &image.plan.ranges[i];

		if (range->to <= to && to - range->to < range->length)
			from = range->from + (to - range->to);
	}
	return from < world.before.length
	    ? (unsigned char)world.before.at[from] : -1;
}

static struct digest
digest_between(uint64_t low, uint64_t high, uint64_t position)
{
	struct octets octets = { 0 };

	while (low < high && octets.length < BOX_MAX)
		octets.at[octets.length++] = (char)octet_of(low++, position);
	return digest_of(octets.at, octets.length);
}

/* Makes the plan's digests of the mailbox's content true. */
static void
vouch(void)
{
	const struct redo_log_plan *plan = &image.plan;
	uint64_t position = plan->start, high = 0;
	uint64_t edge = plan->new_size + sizeof(plan->id);

	for (unsigned place = 0; place < 2; place++) {
		const struct redo_log_slot *slot = image.slots[place];

		if (!has_step(place) || slot->step.sequence < high)
			continue;
		high = slot->step.sequence;
		position = slot->step.position;
	}
	image.head->edges[0] = digest_between(plan->start < 4096 ? 0
	    : plan->start - 4096, plan->start, UINT64_MAX);
	if (plan->old_size > 4096 && edge < plan->old_size - 4096)
		edge = plan->old_size - 4096;
	image.head->edges[1] = digest_between(edge, plan->old_size,
	    UINT64_MAX);
	for (size_t i = 0; i < plan->segment_count; i++) {
		uint64_t low = plan->start + i * REDO_LOG_SEGMENT;
		uint64_t left = plan->new_size - low;

		plan->segments[i] = digest_between(low, low +
		    (left < REDO_LOG_SEGMENT ? left : REDO_LOG_SEGMENT),
		    position);
	}
}

static void
seal_image(void)
{
	look_at_image();
	if (!image.has_plan)
		return;
	for (unsigned place = 0; place < 2; place++)
		seal_step(place);
	if ((world.flags & VOUCHED) != 0)
		vouch();
	image.head->plan = redo_log_plan_digest(&image.plan);
	image.head->self = digest_of(image.head, offsetof(struct redo_log_head, self));
}

/* --- what could be ours (redo_log.h) ------------------------------------- */

/* The ranges follow `start` one after the other, in the order of the file, do
 * not overlap, and are all of the new file; its digests are, too. */
static bool
is_plan_sound(const struct redo_log_plan *plan)
{
	uint64_t to = plan->start, from = plan->start;

	if (plan->segment_count != (plan->new_size - plan->start +
	    REDO_LOG_SEGMENT - 1) / REDO_LOG_SEGMENT)
		return false;
	for (size_t i = 0; i < plan->range_count; i++) {
		const struct redo_log_range *range = &plan->ranges[i];

		if (range->to != to || range->from < from ||
		    range->from <= range->to ||
		    range->from > plan->old_size ||
		    range->length > plan->old_size - range->from)
			return false;
		from = range->from + range->length;
		to += range->length;
	}
	return to == plan->new_size && to <= plan->old_size &&
	    plan->old_size - to >= sizeof(plan->id);
}

static bool
is_step_sound(const struct redo_log_plan *plan, const struct redo_log_slot *slot)
{
	uint64_t end = plan->new_size + (slot->step.end - plan->old_size);

	return slot->step.end >= plan->old_size && slot->step.position >= plan->start &&
	    slot->step.position <= end && slot->step.length <= end - slot->step.position &&
	    (slot->step.is_last == 0 || slot->step.position == end);
}

/* Whether this redo log can be one of ours, with the steps it seems to have. */
static bool
is_image_sound(void)
{
	if (!image.has_plan || !is_plan_sound(&image.plan))
		return false;
	for (unsigned place = 0; place < 2; place++)
		if (has_step(place) && !is_step_sound(&image.plan,
		    image.slots[place]))
			return false;
	return true;
}

/* --- recovery ----------------------------------------------------------- */

/* Changes the redo log as the input says. */
static void
damage(struct fuzz_input *input)
{
	static char original[IMAGE_MAX];
	size_t length;

	read_image();
	length = image.length;
	memcpy(original, image.at, length);
	change_image(input);
	image.is_changed = image.length != length ||
	    memcmp(original, image.at, length) != 0;
	if (image.is_changed && (world.flags & SEALED) != 0)
		seal_image();
	fuzz_require(ftruncate(world.redo_log_fd, (off_t)image.length) == 0 &&
	    pwrite(world.redo_log_fd, image.at, image.length, 0) ==
	    (ssize_t)image.length, "cannot write the redo log");
}

static void
check_recovery(enum rewrite_status status)
{
	bool is_untouched = is_same(&world.after, &world.before);
	bool is_new = is_same(&world.after, &world.new);

	fuzz_require(status != REWRITE_UNDONE, "status");
	fuzz_require(status != REWRITE_FOREIGN || is_untouched,
	    "a foreign mailbox was changed");
	if (!image.is_changed)
		fuzz_require(status == REWRITE_DONE && (is_new ||
		    (is_untouched && is_same(&world.old, &world.before))),
		    "not recovered: %d", (int)status);
	else if ((world.flags & SEALED) == 0)
		fuzz_require(is_new || is_untouched,
		    "a damaged redo log was believed");
	else if (!is_image_sound())
		fuzz_require(is_new || is_untouched,
		    "a redo log that makes no sense was obeyed");
}

/* What a recovery leaves, another one leaves alone. */
static void
recover(void)
{
	enum rewrite_status status;

	disk.in_recovery = true;
	disk.calls = 0;
	status = rewrite_recover(world.fd, world.redo_log);
	read_all(world.fd, &world.after);
	check_recovery(status);
	world.before = world.after;
	rewrite_recover(world.fd, world.redo_log);
	read_all(world.fd, &world.after);
	fuzz_require(status != REWRITE_DONE || is_same(&world.before,
	    &world.after), "a second recovery changed it");
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	image.at = fuzz_memory(IMAGE_MAX);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	struct fuzz_input input = fuzz_input(octets, length);
	unsigned stop;

	world.flags = fuzz_octet(&input);
	stop = fuzz_octet(&input);
	run_update(&input, stop);
	read_all(world.fd, &world.before);
	if ((world.flags & APPENDED) != 0) {
		fuzz_require(pwrite(world.fd, MAIL, strlen(MAIL),
		    (off_t)world.before.length) == (ssize_t)strlen(MAIL),
		    "cannot append");
		add_octets(&world.before, MAIL, strlen(MAIL));
		add_octets(&world.old, MAIL, strlen(MAIL));
		add_octets(&world.new, MAIL, strlen(MAIL));
	}
	damage(&input);
	recover();
	redo_log_free(world.redo_log);
	close(world.redo_log_fd);
	close(world.fd);
	return 0;
}
