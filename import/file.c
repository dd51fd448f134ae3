/*
 * What the old server answered to UIDL and then to LIST, in a file of the
 * user's name. An answer is taken for the message of its number, if that has as
 * many octets; what is left, for the only one left that has as many. Nothing
 * else is guessed: a client does not fetch a message that got another's id.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "import/source.h"

/* A line "NUMBER WORD" of an answer. */
struct answer {
	uint64_t number;
	const char *word;
	size_t length;
};

struct answers {
	struct answer *at;
	size_t count;
};

/* A message of the old server's. */
struct old {
	const char *id;		/* of `length`, in what was captured */
	size_t length;
	uint64_t number, octets;
	bool is_here;
};

struct file {
	struct old *old;
	size_t old_count;
	struct old **of;	/* each message's, or NULL */
	const uint64_t *octets;
	size_t count;
};

/* --- what was captured --------------------------------------------------- */

static bool
parse_answer(const char *line, size_t length, struct answer *answer)
{
	const char *blank = memchr(line, ' ', length);

	if (blank == NULL || !text_number(line, (size_t)(blank - line),
	    UINT32_MAX, &answer->number))
		return false;
	answer->word = blank + 1;
	answer->length = length - (size_t)(answer->word - line);
	return answer->length > 0 && text_is_graphic(answer->word,
	    answer->length);
}

/* Takes the next lines that are answers. False if there is no memory. */
static bool
take_answers(const char **text, struct answers *answers)
{
	const char *at = *text;
	struct answer answer;

	for (; *at != '\0'; *text = at) {
		size_t length = strcspn(at, "\r\n");
		bool is_one = parse_answer(at, length, &answer);
		struct answer *more;

		at += length;
		at += strspn(at, "\r");
		at += *at == '\n';
		if (!is_one && answers->count > 0)
			break;
		if (!is_one)
			continue;
		if ((answers->count & (answers->count - 1)) == 0) {
			more = reallocarray(answers->at, 2 * answers->count +
			    1, sizeof(*more));
			if (more == NULL)
				return false;
			answers->at = more;
		}
		answers->at[answers->count++] = answer;
	}
	return true;
}

/* Both answers tell of one message. */
static void
join(struct file *file, const struct answers *ids, const struct answers *sizes)
{
	size_t j = 0;

	for (size_t i = 0; i < ids->count; i++) {
		struct old *old = &file->old[file->old_count++];

		*old = (struct old){ .id = ids->at[i].word,
		    .length = ids->at[i].length,
		    .number = ids->at[i].number };
		while (j < sizes->count && sizes->at[j].number < old->number)
			j++;
		if (j == sizes->count || sizes->at[j].number != old->number ||
		    !text_number(sizes->at[j].word, sizes->at[j].length,
		    UINT64_MAX - 1, &old->octets))
			old->octets = UINT64_MAX;	/* no message has */
	}
}

static bool
parse(struct file *file, const char *text)
{
	struct answers ids = { 0 }, sizes = { 0 };
	bool done = take_answers(&text, &ids) && take_answers(&text, &sizes);

	if (done) {
		file->old = calloc(ids.count + 1, sizeof(*file->old));
		done = file->old != NULL;
	}
	if (done)
		join(file, &ids, &sizes);
	free(ids.at);
	free(sizes.at);
	return done;
}

/* --- which message is which ---------------------------------------------- */

/* Something that is left, of either side. */
struct left {
	uint64_t octets;
	size_t i;
};

static int
compare_left(const void *a, const void *b)
{
	const struct left *x = a, *y = b;

	return x->octets < y->octets ? -1 : x->octets > y->octets;
}

static void
match(struct file *file, size_t message, size_t old)
{
	file->of[message] = &file->old[old];
	file->old[old].is_here = true;
}

static void
match_by_number(struct file *file)
{
	for (size_t i = 0; i < file->old_count; i++) {
		uint64_t number = file->old[i].number;

		if (number >= 1 && number <= file->count &&
		    file->of[number - 1] == NULL &&
		    file->octets[number - 1] == file->old[i].octets)
			match(file, number - 1, i);
	}
}

/* Those of as many octets, from `at` on. */
static size_t
alike(const struct left *left, size_t count, size_t at)
{
	size_t end = at;

	while (end < count && left[end].octets == left[at].octets)
		end++;
	return end - at;
}

static void
match_rest(struct file *file, struct left *messages, struct left *old)
{
	size_t message_count = 0, old_count = 0, i = 0, j = 0;

	for (size_t n = 0; n < file->count; n++)
		if (file->of[n] == NULL)
			messages[message_count++] = (struct left){
				file->octets[n], n };
	for (size_t n = 0; n < file->old_count; n++)
		if (!file->old[n].is_here)
			old[old_count++] = (struct left){
				file->old[n].octets, n };
	qsort(messages, message_count, sizeof(*messages), compare_left);
	qsort(old, old_count, sizeof(*old), compare_left);
	while (i < message_count && j < old_count) {
		size_t here = alike(messages, message_count, i);
		size_t there = alike(old, old_count, j);

		if (messages[i].octets == old[j].octets && here == 1 &&
		    there == 1)
			match(file, messages[i].i, old[j].i);
		if (messages[i].octets <= old[j].octets)
			i += here;
		else
			j += there;
	}
}

/* --- the source ---------------------------------------------------------- */

static void
file_end(void *state)
{
	struct file *file = state;

	free(file->old);
	free(file->of);
}

static bool
file_begin(void *state, const struct import_given *given)
{
	struct file *file = state;
	struct left *messages, *old;
	bool done;

	file->octets = given->octets;
	file->count = given->count;
	file->of = calloc(given->count + 1, sizeof(struct old *));
	if (file->of == NULL || !parse(file, given->captured))
		return false;
	match_by_number(file);
	messages = calloc(file->count + 1, sizeof(*messages));
	old = calloc(file->old_count + 1, sizeof(*old));
	done = messages != NULL && old != NULL;
	if (done)
		match_rest(file, messages, old);
	free(messages);
	free(old);
	return done;
}

static void
file_id(void *state, const struct import_message *message, struct strbuf *id)
{
	const struct file *file = state;
	const struct old *old = file->of[message->number];

	if (old != NULL)
		strbuf_add(id, old->id, old->length);
}

static void
file_rest(void *state, void (*each)(void *context, const char *id),
    void *context)
{
	const struct file *file = state;

	for (size_t i = 0; i < file->old_count; i++) {
		char *id = file->old[i].is_here ? NULL
		    : strndup(file->old[i].id, file->old[i].length);

		if (id != NULL)
			each(context, id);
		free(id);
	}
}

static bool
is_directory(const char *path)
{
	return path[0] != '\0';
}

const struct import_source import_file = {
	.name = "file",
	.state_size = sizeof(struct file),
	.wants_captured = true,
	.is_argument = is_directory,
	.begin = file_begin,
	.id = file_id,
	.rest = file_rest,
	.end = file_end,
};
