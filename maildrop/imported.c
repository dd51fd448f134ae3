#include "maildrop/imported.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/strbuf.h"
#include "base/text.h"

#define TABLE_MAX ((size_t)1 << 30)

/* "01234567 0123456789abcdef0123456789abcdef 4294967295 ID\n" */
#define SEAL_LENGTH ((size_t)8)
#define WORD_LENGTH ((size_t)16)
#define CONTENT_AT (SEAL_LENGTH + 1)
#define ORDINAL_AT (CONTENT_AT + 2 * WORD_LENGTH + 1)
#define LINE_SIZE (ORDINAL_AT + 11 + UIDL_SIZE + 1)

struct row {
	struct digest content;
	uint32_t ordinal;
	bool stays;
	const char *id;
	const char *line;	/* in the text, where it ends with NUL */
};

struct imported {
	char *text;
	struct row *rows;	/* sorted by content and ordinal */
	size_t count;
	const char **ids;	/* sorted; NULL until they are asked for */
};

/* --- rows ---------------------------------------------------------------- */

bool
imported_is_id(const char *id, size_t length)
{
	const size_t own = sizeof(IMPORTED_OWN) - 1;

	return length >= 1 && length <= UIDL_LENGTH_MAX &&
	    text_is_graphic(id, length) && (length < own ||
	    memcmp(id + length - own, IMPORTED_OWN, own) != 0);
}

static uint32_t
seal_of(const char *line, size_t length)
{
	return (uint32_t)digest_of(line + CONTENT_AT,
	    length - CONTENT_AT).low;
}

/* Takes a line, which ends with NUL. */
static bool
parse_line(const char *line, size_t length, struct row *row)
{
	const char *end;
	uint64_t seal, ordinal;

	if (length <= ORDINAL_AT ||
	    !text_hexadecimal(line, SEAL_LENGTH, &seal) ||
	    seal != seal_of(line, length) ||
	    !text_hexadecimal(line + CONTENT_AT, WORD_LENGTH,
	    &row->content.high) || !text_hexadecimal(line + CONTENT_AT +
	    WORD_LENGTH, WORD_LENGTH, &row->content.low))
		return false;
	end = strchr(line + ORDINAL_AT, ' ');
	if (end == NULL || !text_number(line + ORDINAL_AT,
	    (size_t)(end - line) - ORDINAL_AT, UINT32_MAX, &ordinal))
		return false;
	row->ordinal = (uint32_t)ordinal;
	row->id = end + 1;
	row->line = line;
	return imported_is_id(row->id, length - (size_t)(row->id - line));
}

static int
compare_numbers(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int
compare(struct digest content, uint32_t ordinal, const struct row *row)
{
	int order = compare_numbers(content.high, row->content.high);

	if (order == 0)
		order = compare_numbers(content.low, row->content.low);
	return order != 0 ? order : compare_numbers(ordinal, row->ordinal);
}

static int
compare_rows(const void *a, const void *b)
{
	const struct row *row = a;

	return compare(row->content, row->ordinal, b);
}

static int
compare_ids(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* --- the table ----------------------------------------------------------- */

static size_t
count_lines(const char *at, const char *end)
{
	size_t count = 0;

	while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		at++;
		count++;
	}
	return count;
}

/* It was written in order. */
static void
sort(struct imported *table)
{
	for (size_t i = 1; i < table->count; i++)
		if (compare_rows(&table->rows[i - 1], &table->rows[i]) > 0) {
			qsort(table->rows, table->count, sizeof(*table->rows),
			    compare_rows);
			return;
		}
}

/* Takes the rows of the text; false if there is no memory. */
static bool
parse(struct imported *table, size_t length)
{
	const char *end = table->text + length;
	char *line = table->text, *lf;

	table->rows = calloc(count_lines(line, end) + 1,
	    sizeof(*table->rows));
	if (table->rows == NULL)
		return false;
	while ((lf = memchr(line, '\n', (size_t)(end - line))) != NULL) {
		*lf = '\0';
		if (parse_line(line, (size_t)(lf - line),
		    &table->rows[table->count]))
			table->count++;
		line = lf + 1;
	}
	sort(table);
	return true;
}

bool
imported_read(int fd, struct imported **table)
{
	struct imported *new = calloc(1, sizeof(*new));
	size_t length;
	bool done;

	*table = NULL;
	if (new == NULL)
		return false;
	new->text = fd_read_file(fd, TABLE_MAX, &length);
	done = new->text != NULL && parse(new, length);
	if (done && new->count > 0)
		*table = new;
	else
		imported_free(new);
	return done;
}

void
imported_free(struct imported *table)
{
	if (table == NULL)
		return;
	free(table->ids);
	free(table->rows);
	free(table->text);
	free(table);
}

static struct row *
find_row(const struct imported *table, const struct message *message)
{
	size_t low = 0, high = table == NULL ? 0 : table->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare(message->content, message->ordinal,
		    &table->rows[middle]);

		if (order == 0)
			return &table->rows[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const char *
imported_find(const struct imported *table, const struct message *message)
{
	const struct row *row = find_row(table, message);

	return row == NULL ? NULL : row->id;
}

bool
imported_has(struct imported *table, const char *id)
{
	if (table == NULL)
		return false;
	if (table->ids == NULL) {
		table->ids = calloc(table->count, sizeof(*table->ids));
		if (table->ids == NULL)
			return true;	/* an id that is not the usual one
					   costs a download at most */
		for (size_t i = 0; i < table->count; i++)
			table->ids[i] = table->rows[i].id;
		qsort(table->ids, table->count, sizeof(*table->ids),
		    compare_ids);
	}
	return bsearch(&id, table->ids, table->count, sizeof(*table->ids),
	    compare_ids) != NULL;
}

/* --- dropping ------------------------------------------------------------ */

/* Writes blanks over the line of a row. */
static bool
blank(const struct imported *table, const struct row *row, int fd)
{
	char blanks[LINE_SIZE];
	size_t length = strlen(row->line);

	/* an ordinal may have been written with zeros before it */
	if (length > sizeof(blanks))
		length = sizeof(blanks);
	memset(blanks, ' ', length);
	return fd_write_at(fd, blanks, length,
	    (uint64_t)(row->line - table->text));
}

/* Takes out those that do not stay; the number of them that the file still
 * has. */
static size_t
take_out(struct imported *table, int fd, bool has_none)
{
	size_t failed = 0, count = 0;

	for (size_t i = 0; i < table->count; i++) {
		const struct row row = table->rows[i];

		if (row.stays)
			table->rows[count++] = row;
		else if (!has_none && !blank(table, &row, fd))
			failed++;
	}
	table->count = count;
	return failed;
}

bool
imported_drop(struct imported *table, const struct message_list *list, int fd)
{
	size_t staying = 0;
	bool is_cut;

	if (table == NULL)
		return true;
	for (size_t i = 0; i < table->count; i++)
		table->rows[i].stays = false;
	for (size_t i = 0; i < list->count; i++) {
		struct row *row = list->at[i].marked ? NULL
		    : find_row(table, &list->at[i]);

		if (row == NULL || row->stays)
			continue;
		row->stays = true;
		staying++;
	}
	if (staying == table->count)
		return true;
	free(table->ids);
	table->ids = NULL;
	is_cut = staying == 0 && fd_truncate(fd, 0);
	return take_out(table, fd, is_cut) == 0;
}

/* --- writing ------------------------------------------------------------- */

static size_t
collect_rows(const struct message_list *list, char (*ids)[UIDL_SIZE],
    struct row *rows)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		if (ids[i][0] != '\0')
			rows[count++] = (struct row){
				.content = list->at[i].content,
				.ordinal = list->at[i].ordinal,
				.id = ids[i],
			};
	qsort(rows, count, sizeof(*rows), compare_rows);
	return count;
}

static void
write_row(struct strbuf *text, const struct row *row)
{
	char line[LINE_SIZE];
	struct strbuf rest = strbuf_init(line, sizeof(line));

	strbuf_format(&rest, "%0*d ", (int)SEAL_LENGTH, 0);
	strbuf_add_hex(&rest, row->content.high);
	strbuf_add_hex(&rest, row->content.low);
	strbuf_format(&rest, " %" PRIu32 " %s", row->ordinal, row->id);
	strbuf_format(text, "%08" PRIx32 "%s\n", seal_of(line, rest.length),
	    line + SEAL_LENGTH);
}

char *
imported_write(const struct message_list *list, char (*ids)[UIDL_SIZE],
    size_t *length)
{
	struct row *rows = calloc(list->count + 1, sizeof(*rows));
	size_t count = rows == NULL ? 0 : collect_rows(list, ids, rows);
	char *at = rows == NULL ? NULL : malloc(count * LINE_SIZE + 1);
	struct strbuf text;

	if (at != NULL) {
		text = strbuf_init(at, count * LINE_SIZE + 1);
		for (size_t i = 0; i < count; i++)
			write_row(&text, &rows[i]);
		*length = text.length;
	}
	free(rows);
	return at;
}
