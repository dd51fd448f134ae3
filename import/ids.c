#include "import/ids.h"

#include <stdlib.h>
#include <string.h>

/* Longer ones are cut, and so none. */
#define ID_SIZE (2 * UIDL_SIZE)

/* What a source is asked with. */
struct asking {
	const struct import_source *source;
	void *state;
	struct import_ids *ids;
};

/* --- asking a source ----------------------------------------------------- */

/* An id goes to the message, unless it is none. */
static void
take(struct import_ids *ids, size_t i, const struct strbuf *id)
{
	if (id->length == 0) {
		ids->none++;
	} else if (!imported_is_id(id->at, id->length)) {
		ids->unfit++;
	} else {
		memcpy(ids->of[i], id->at, id->length + 1);
		ids->imported++;
	}
}

static void
look(void *context, size_t i, const char *head, size_t length, bool is_whole)
{
	struct asking *asking = context;
	const struct import_message message = { head, length, i };
	char at[ID_SIZE];
	struct strbuf id = strbuf_init(at, sizeof(at));

	if (i == STORE_BEFORE_FIRST) {
		if (asking->source->note != NULL)
			asking->source->note(asking->state, &message);
		return;
	}
	if (is_whole)
		asking->source->id(asking->state, &message, &id);
	take(asking->ids, i, &id);
}

/* --- ids that stand twice ------------------------------------------------ */

static int
compare_ids(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;
	int order = strcmp(*x, *y);

	/* of equal ones the first comes first */
	return order != 0 ? order : *x < *y ? -1 : *x > *y;
}

/* Leaves an id to the first message that has it. False if there is no
 * memory. */
static bool
drop_repeated(struct import_ids *ids)
{
	char **sorted = calloc(ids->imported + 1, sizeof(*sorted));
	size_t count = 0, first = 0;

	if (sorted == NULL)
		return false;
	for (size_t i = 0; i < ids->count; i++)
		if (ids->of[i][0] != '\0')
			sorted[count++] = ids->of[i];
	qsort(sorted, count, sizeof(*sorted), compare_ids);
	for (size_t i = 1; i < count; i++) {
		if (strcmp(sorted[first], sorted[i]) != 0) {
			first = i;
			continue;
		}
		sorted[i][0] = '\0';
		ids->twice++;
		ids->imported--;
	}
	free(sorted);
	return true;
}

/* --- finding them -------------------------------------------------------- */

static uint64_t *
octets_of(const struct maildrop *maildrop, size_t count)
{
	uint64_t *octets = calloc(count + 1, sizeof(*octets));

	if (octets == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++)
		octets[i] = maildrop_octets(maildrop, i + 1);
	return octets;
}

static enum maildrop_status
ask(struct asking *asking, struct maildrop *maildrop, const char *argument,
    const char *captured)
{
	struct import_given given = {
		.argument = argument,
		.captured = captured,
		.count = asking->ids->count,
	};
	uint64_t *octets = octets_of(maildrop, given.count);
	enum maildrop_status status = MAILDROP_TEMPORARY;

	given.octets = octets;
	asking->state = calloc(1, asking->source->state_size + 1);
	if (octets != NULL && asking->state != NULL &&
	    (asking->source->begin == NULL ||
	    asking->source->begin(asking->state, &given)))
		status = maildrop_inspect(maildrop, look, asking);
	free(octets);
	return status;
}

static void
stop(struct asking *asking)
{
	if (asking->state != NULL && asking->source->end != NULL)
		asking->source->end(asking->state);
	free(asking->state);
}

/* Room for the ids of all messages; false if there is no memory. */
static bool
make_room(struct import_ids *ids, const struct maildrop *maildrop)
{
	*ids = (struct import_ids){ .count = maildrop_count(maildrop) };
	ids->of = calloc(ids->count + 1, sizeof(*ids->of));
	return ids->of != NULL;
}

enum maildrop_status
import_ids_find(struct import_ids *ids, struct maildrop *maildrop,
    const struct import_source *source, const char *argument,
    const char *captured)
{
	struct asking asking = { .source = source, .ids = ids };
	enum maildrop_status status = make_room(ids, maildrop)
	    ? ask(&asking, maildrop, argument, captured) : MAILDROP_TEMPORARY;

	stop(&asking);
	return status == MAILDROP_OK && !drop_repeated(ids)
	    ? MAILDROP_TEMPORARY : status;
}

void
import_ids_clear(struct import_ids *ids)
{
	free(ids->of);
}

/* --- comparing ----------------------------------------------------------- */

/* The ids that the maildrop gives now, sorted. */
struct given {
	char (*ids)[UIDL_SIZE];
	size_t count;
	void (*each)(void *context, const char *id);
	void *context;
};

static int
compare_given(const void *a, const void *b)
{
	return strcmp(a, b);
}

static bool
list_given(struct given *given, const struct maildrop *maildrop)
{
	given->count = maildrop_count(maildrop);
	given->ids = calloc(given->count + 1, sizeof(*given->ids));
	if (given->ids == NULL)
		return false;
	for (size_t i = 0; i < given->count; i++) {
		struct strbuf id = strbuf_init(given->ids[i], UIDL_SIZE);

		maildrop_uidl(maildrop, i + 1, &id);
	}
	qsort(given->ids, given->count, sizeof(*given->ids), compare_given);
	return true;
}

static void
tell_if_missing(void *context, const char *id)
{
	const struct given *given = context;

	if (bsearch(id, given->ids, given->count, sizeof(*given->ids),
	    compare_given) == NULL)
		given->each(given->context, id);
}

enum maildrop_status
import_ids_compare(struct maildrop *maildrop,
    const struct import_source *source, const char *argument,
    const char *captured, void (*each)(void *context, const char *id),
    void *context)
{
	struct given given = { .each = each, .context = context };
	struct import_ids ids = { 0 };
	struct asking asking = { .source = source, .ids = &ids };
	enum maildrop_status status = list_given(&given, maildrop) &&
	    make_room(&ids, maildrop) ? ask(&asking, maildrop, argument,
	    captured) : MAILDROP_TEMPORARY;

	for (size_t i = 0; status == MAILDROP_OK && i < ids.count; i++)
		if (ids.of[i][0] != '\0')
			tell_if_missing(&given, ids.of[i]);
	if (status == MAILDROP_OK && source->rest != NULL)
		source->rest(asking.state, tell_if_missing, &given);
	stop(&asking);
	import_ids_clear(&ids);
	free(given.ids);
	return status;
}
