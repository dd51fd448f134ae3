/*
 * Ordinals: whatever was written down, messages of equal content stay apart,
 * and what is written down now is what the next session finds.
 *
 * A line of letters, a message each: its content; one in upper case goes. Then
 * what was written down: the digest of "a" is 61 sixteen times.
 */
#include "maildrop/ordinals.h"

#include <ctype.h>
#include <inttypes.h>

#include "tests/fuzz/fuzz.h"

/* The highest ordinal that is believed (maildrop/ordinals.c); it takes as many
 * copies to get there. */
#define BELIEVED_MAX (UINT32_MAX / 2)

static struct digest
content_of(char letter)
{
	uint64_t word = (uint64_t)(unsigned char)tolower(letter) *
	    0x0101010101010101;

	return (struct digest){ word, word };
}

static void
arrive(struct message_list *list, char letter)
{
	const struct message message = {
		.content = content_of(letter),
		.ordinal = 99,
		.repeated = true,
		.marked = isupper((unsigned char)letter),
	};

	fuzz_require(message_list_add(list, &message, false, 0), "no memory");
}

/* The ordinal on the line of `written`, which stands alone, if it is one of
 * this content; 0 otherwise. */
static uint32_t
ordinal_on(const char *line, struct digest content)
{
	uint64_t high, low, ordinal;
	char digits[24];
	int end = 0;

	if (strspn(line, "0123456789abcdefABCDEF") != 32 ||
	    sscanf(line, "%16" SCNx64 "%16" SCNx64, &high, &low) != 2 ||
	    !digest_equal((struct digest){ high, low }, content) ||
	    line[32] != ' ')
		return 0;
	line += 33;
	while (line[0] == '0' && line[1] != '\0')
		line++;
	if (sscanf(line, "%20[0-9]%n", digits, &end) != 1 || line[end] != '\0')
		return 0;
	ordinal = strtoull(digits, NULL, 10);
	return ordinal <= BELIEVED_MAX ? (uint32_t)ordinal : 0;
}

/* The ordinal of the n-th line of this content, 0 if there are fewer. */
static uint32_t
written_ordinal(const char *written, struct digest content, size_t n)
{
	char *copy = strdup(written), *at = copy, *end;
	uint32_t ordinal = 0;

	fuzz_require(copy != NULL, "no memory");
	for (; (end = strchr(at, '\n')) != NULL; at = end + 1) {
		*end = '\0';
		ordinal = ordinal_on(at, content);
		if (ordinal != 0 && n-- == 0)
			break;
		ordinal = 0;
	}
	free(copy);
	return ordinal;
}

static void
check_message(const struct message_list *list, size_t i, const char *written)
{
	const struct message *message = &list->at[i];
	uint32_t wanted = 1, ordinal;
	size_t before = 0, all = 0;

	for (size_t j = 0; j < list->count; j++) {
		if (!message_is_equal(&list->at[j], message))
			continue;
		all++;
		if (j >= i)
			continue;
		before++;
		wanted = list->at[j].ordinal + 1;
	}
	ordinal = written_ordinal(written, message->content, before);
	if (ordinal > wanted)
		wanted = ordinal;
	fuzz_require(message->ordinal == wanted, "ordinal %zu is %" PRIu32
	    ", not %" PRIu32, i, message->ordinal, wanted);
	fuzz_require(message->repeated == (all > 1), "repeated %zu", i);
}

/* What is left gets the same ordinals again. */
static void
check_kept(const struct message_list *list, const char *written)
{
	struct message_list left = { 0 };
	size_t at = 0;

	for (size_t i = 0; i < list->count; i++)
		if (list->at[i].ordinal > BELIEVED_MAX)
			return;
	for (size_t i = 0; i < list->count; i++)
		if (!list->at[i].marked)
			arrive(&left, (char)list->at[i].content.low);
	fuzz_require(ordinals_assign(&left, written), "no memory");
	for (size_t i = 0; i < list->count; i++)
		if (!list->at[i].marked)
			fuzz_require(left.at[at++].ordinal ==
			    list->at[i].ordinal, "ordinal %zu moved", i);
	message_list_clear(&left);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	struct fuzz_input input = fuzz_input(octets, length);
	struct fuzz_input letters = fuzz_until(&input, '\n');
	char *written = fuzz_string(input), *again;
	struct message_list list = { 0 };

	for (size_t i = 0; i < letters.length && i < 200; i++)
		arrive(&list, letters.at[i]);
	fuzz_require(ordinals_assign(&list, written), "no memory");
	for (size_t i = 0; i < list.count; i++)
		check_message(&list, i, written);
	again = ordinals_write(&list, &length);
	fuzz_require(again != NULL && strlen(again) == length, "not written");
	check_kept(&list, again);
	free(again);
	free(written);
	message_list_clear(&list);
	return 0;
}
