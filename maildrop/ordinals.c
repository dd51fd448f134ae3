#include "maildrop/ordinals.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/text.h"

/* "0123456789abcdef0123456789abcdef 4294967295\n" */
#define WORD_LENGTH ((size_t)16)
#define DIGEST_LENGTH (2 * WORD_LENGTH)
#define LINE_MAX_LENGTH (DIGEST_LENGTH + 12)

/* The highest that is believed: what follows it still fits. */
#define ORDINAL_MAX (UINT32_MAX / 2)

/* A line that was written. */
struct record {
	struct digest content;
	uint32_t ordinal;
	size_t position;	/* among the lines */
	size_t used;		/* of the group's first: how many are taken */
};

struct records {
	struct record *at;
	size_t count;
};

/* Indexes of messages by content: of each content of the new messages the
 * last so far. */
struct table {
	uint32_t *slots;	/* index + 1, 0 if free */
	size_t mask;
};

/* --- what was written --------------------------------------------------- */

static bool
parse_line(const char *line, size_t length, struct record *record)
{
	uint64_t ordinal;

	if (length <= DIGEST_LENGTH + 1 || line[DIGEST_LENGTH] != ' ' ||
	    !text_hexadecimal(line, WORD_LENGTH, &record->content.high) ||
	    !text_hexadecimal(line + WORD_LENGTH, WORD_LENGTH,
	    &record->content.low) ||
	    !text_number(line + DIGEST_LENGTH + 1, length - DIGEST_LENGTH - 1,
	    ORDINAL_MAX, &ordinal) || ordinal == 0)
		return false;
	record->ordinal = (uint32_t)ordinal;
	return true;
}

static size_t
count_lines(const char *text)
{
	size_t count = 0;

	for (; (text = strchr(text, '\n')) != NULL; text++)
		count++;
	return count;
}

static int
compare_digests(struct digest a, struct digest b)
{
	if (a.high != b.high)
		return a.high < b.high ? -1 : 1;
	if (a.low != b.low)
		return a.low < b.low ? -1 : 1;
	return 0;
}

static int
compare_records(const void *a, const void *b)
{
	const struct record *x = a, *y = b;
	int order = compare_digests(x->content, y->content);

	if (order != 0)
		return order;
	return x->position < y->position ? -1 : x->position > y->position;
}

/* The records, sorted by content. Lines that are none are left out. */
static bool
parse(const char *written, struct records *records)
{
	const char *end;

	*records = (struct records){ 0 };
	if (written == NULL || written[0] == '\0')
		return true;
	records->at = calloc(count_lines(written) + 1, sizeof(*records->at));
	if (records->at == NULL)
		return false;
	for (; (end = strchr(written, '\n')) != NULL; written = end + 1) {
		struct record *record = &records->at[records->count];

		record->position = records->count;
		if (parse_line(written, (size_t)(end - written), record))
			records->count++;
	}
	qsort(records->at, records->count, sizeof(*records->at),
	    compare_records);
	return true;
}

/* The first record of this content, or NULL. */
static struct record *
find_record(const struct records *records, struct digest content)
{
	size_t low = 0, high = records->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_digests(records->at[middle].content, content) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == records->count ||
	    !digest_equal(records->at[low].content, content))
		return NULL;
	return &records->at[low];
}

/* The next ordinal that was written down for this content, 0 if none is. */
static uint32_t
take_record(const struct records *records, struct digest content)
{
	struct record *first = find_record(records, content);
	struct record *next;

	if (first == NULL)
		return 0;
	next = first + first->used;
	if (next == records->at + records->count ||
	    !digest_equal(next->content, content))
		return 0;
	first->used++;
	return next->ordinal;
}

/* --- messages by content ------------------------------------------------ */

static bool
make_table(struct table *table, size_t count)
{
	size_t size = 16;

	if (count >= UINT32_MAX - ORDINAL_MAX)
		return false;
	while (size < count + count / 4)
		size *= 2;
	table->slots = calloc(size, sizeof(*table->slots));
	table->mask = size - 1;
	return table->slots != NULL;
}

/* The slot of this content, or the one that would be. */
static uint32_t *
slot_of(const struct table *table, const struct message_list *list,
    const struct message *message)
{
	size_t at = (size_t)message->content.low & table->mask;

	while (table->slots[at] != 0 && !message_is_equal(message,
	    &list->at[table->slots[at] - 1]))
		at = (at + 1) & table->mask;
	return &table->slots[at];
}

/* Gives the new contents slots, and lets these tell of the last old message
 * that has it, or else of a new one. What is written of the old ones is
 * theirs. */
static void
fill_table(const struct table *table, const struct message_list *list,
    const struct records *records)
{
	for (size_t i = list->known; i < list->count; i++) {
		uint32_t *slot = slot_of(table, list, &list->at[i]);

		if (*slot == 0)
			*slot = (uint32_t)i + 1;
	}
	for (size_t i = 0; i < list->known; i++) {
		uint32_t *slot = slot_of(table, list, &list->at[i]);

		if (*slot == 0)
			continue;
		*slot = (uint32_t)i + 1;
		take_record(records, list->at[i].content);
	}
}

/* Notes that a message has another of equal content. */
static void
repeat(struct message_list *list, size_t i)
{
	if (list->at[i].repeated)
		return;
	list->at[i].repeated = true;
	message_list_touch(list, i);
}

static void
assign(struct message_list *list, const struct table *table,
    const struct records *records)
{
	for (size_t i = list->known; i < list->count; i++) {
		struct message *message = &list->at[i];
		uint32_t *slot = slot_of(table, list, message);
		uint32_t ordinal = take_record(records, message->content);
		size_t before = *slot - 1;

		*slot = (uint32_t)i + 1;
		message->ordinal = before == i ? 1
		    : list->at[before].ordinal + 1;
		if (ordinal >= message->ordinal)
			message->ordinal = ordinal;
		message->repeated = before != i;
		if (before != i)
			repeat(list, before);
	}
	message_list_know_all(list);
}

bool
ordinals_assign(struct message_list *list, const char *written)
{
	struct table table = { 0 };
	struct records records;
	bool done = parse(written, &records) &&
	    make_table(&table, list->count - list->known);

	if (done) {
		fill_table(&table, list, &records);
		assign(list, &table, &records);
	}
	free(records.at);
	free(table.slots);
	return done;
}

static bool
is_written(const struct message *message)
{
	return !message->marked && (message->repeated || message->ordinal > 1);
}

char *
ordinals_write(const struct message_list *list, size_t *length)
{
	struct strbuf text;
	size_t count = 0;
	char *at;

	for (size_t i = 0; i < list->count; i++)
		count += is_written(&list->at[i]);
	at = malloc(count * LINE_MAX_LENGTH + 1);
	if (at == NULL)
		return NULL;
	text = strbuf_init(at, count * LINE_MAX_LENGTH + 1);
	for (size_t i = 0; i < list->count; i++) {
		const struct message *message = &list->at[i];

		if (is_written(message))
			strbuf_format(&text, "%016" PRIx64 "%016" PRIx64
			    " %" PRIu32 "\n", message->content.high,
			    message->content.low, message->ordinal);
	}
	*length = text.length;
	return at;
}
