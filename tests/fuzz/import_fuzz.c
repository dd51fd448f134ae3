/*
 * The sources of imported ids: whatever stands in a mailbox, or was captured,
 * Dovecot's uids grow, and an answer of a file goes to one message, of as many
 * octets.
 *
 * A source's words, LF; what was captured, NUL; the heads of messages, each
 * ended by NUL, the first being what stands before the first message.
 */
#include "import/source.h"

#include "base/text.h"
#include "tests/fuzz/fuzz.h"

#define MESSAGES_MAX 64
#define ID_SIZE 300

struct asked {
	const struct import_source *source;
	void *state;
	char ids[MESSAGES_MAX][ID_SIZE];
	size_t count;
};

static void
ask(struct asked *asked, struct fuzz_input head)
{
	struct strbuf id = strbuf_init(asked->ids[asked->count], ID_SIZE);
	const struct import_message message = {
		head.at, head.length, asked->count
	};

	asked->source->id(asked->state, &message, &id);
	fuzz_require(strlen(id.at) <= id.length, "id is longer than it says");
	asked->count++;
}

/* Those of a number that grows are in order. */
static void
check_growing(const struct asked *asked)
{
	const char *before = "";

	for (size_t i = 0; i < asked->count; i++) {
		if (asked->ids[i][0] == '\0')
			continue;
		fuzz_require(strcmp(before, asked->ids[i]) < 0, "id %zu", i);
		before = asked->ids[i];
	}
}

static void
ignore(void *context, const char *id)
{
	(void)context;
	fuzz_require(text_is_graphic(id, strlen(id)), "no id");
}

static void
run(struct asked *asked, struct fuzz_input input, struct import_given *given)
{
	static const char lengths[] = "0123456789";
	uint64_t octets[MESSAGES_MAX];
	struct import_message note;
	struct fuzz_input head = fuzz_until(&input, '\0');

	for (size_t i = 0; i < MESSAGES_MAX; i++)
		octets[i] = (uint64_t)lengths[i % 7] - '0';
	given->octets = octets;
	given->count = MESSAGES_MAX;
	note = (struct import_message){ head.at, head.length, SIZE_MAX };
	fuzz_require(asked->source->begin == NULL ||
	    asked->source->begin(asked->state, given), "no memory");
	if (asked->source->note != NULL)
		asked->source->note(asked->state, &note);
	while (input.length > 0 && asked->count < MESSAGES_MAX)
		ask(asked, fuzz_until(&input, '\0'));
	if (asked->source->rest != NULL)
		asked->source->rest(asked->state, ignore, NULL);
	if (asked->source->end != NULL)
		asked->source->end(asked->state);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	struct fuzz_input input = fuzz_input(octets, length);
	char *words = fuzz_string(fuzz_until(&input, '\n'));
	char *captured = fuzz_string(fuzz_until(&input, '\0'));
	struct import_given given = { .captured = captured };
	struct asked *asked = fuzz_memory(sizeof(*asked));

	asked->source = import_source_of(words, &given.argument);
	if (asked->source != NULL) {
		asked->state = fuzz_memory(asked->source->state_size);
		run(asked, input, &given);
		if (strcmp(words, "dovecot") == 0 || strcmp(words, "uw") == 0)
			check_growing(asked);
		free(asked->state);
	}
	free(asked);
	free(captured);
	free(words);
	return 0;
}
