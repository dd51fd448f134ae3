/* Ordinals of messages of equal content (maildrop/ordinals.h). */
#include "maildrop/ordinals.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/check.h"

#define MANY 100000
#define SHOWN 200

/* A digest for each letter. */
static struct digest
content(char letter)
{
	return (struct digest){ (uint64_t)letter << 56 | 0x123456789abcde,
	    0xfedcba9876543200 | (uint64_t)(unsigned char)letter };
}

static void
arrive(struct message_list *list, struct digest digest)
{
	struct message message = { .content = digest, .ordinal = 99,
	    .repeated = true };

	if (!message_list_add(list, &message, false, 0))
		abort();
}

static struct message_list
list_of(const char *letters)
{
	struct message_list list = { 0 };

	for (; *letters != '\0'; letters++)
		arrive(&list, content(*letters));
	return list;
}

/* The list without what is marked, as the next session finds it: what it knows
 * of ordinals is gone. */
static struct message_list
list_after(const struct message_list *list)
{
	struct message_list after = { 0 };

	for (size_t i = 0; i < list->count; i++)
		if (!list->at[i].marked)
			arrive(&after, list->at[i].content);
	return after;
}

static void
assign(struct message_list *list, const char *written)
{
	check_that(ordinals_assign(list, written), "no memory");
}

static char *
write_down(const struct message_list *list)
{
	size_t length = 0;
	char *written = ordinals_write(list, &length);

	if (written == NULL)
		abort();
	check_same(length, strlen(written), "length written");
	return written;
}

/* What holds for every list, whatever was written. */
static void
check_sound(const struct message_list *list, const char *written)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct message *message = &list->at[i];
		char shown[SHOWN];
		uint32_t before = 0;
		bool repeated = false, good;

		for (size_t j = 0; j < list->count; j++) {
			if (j == i || !digest_equal(list->at[j].content,
			    message->content))
				continue;
			repeated = true;
			if (j < i)
				before = list->at[j].ordinal;
		}
		good = message->ordinal > before &&
		    message->repeated == repeated;
		check_that(good, "message %zu: ordinal %" PRIu32 " after %"
		    PRIu32 ", repeated %d; written \"%s\"", i,
		    message->ordinal, before, message->repeated,
		    check_show(shown, sizeof(shown),
		    written == NULL ? "" : written,
		    written == NULL ? 0 : strlen(written)));
	}
}

/* Ordinals as they stand in the list: "1 2 1". */
static void
check_ordinals(const struct message_list *list, const char *wanted,
    const char *written)
{
	char found[SHOWN] = "", shown[SHOWN];
	size_t used = 0;

	for (size_t i = 0; i < list->count; i++)
		used += (size_t)snprintf(found + used, sizeof(found) - used,
		    "%s%" PRIu32, i == 0 ? "" : " ", list->at[i].ordinal);
	check_that(strcmp(found, wanted) == 0, "ordinals %s, not %s, after "
	    "\"%s\"", found, wanted, written == NULL ? ""
	    : check_show(shown, sizeof(shown), written, strlen(written)));
}

/* A session: the ordinals that `letters` get, then the marked ones ("x" below
 * their letter) removed, and what was written; NULL `marks` removes none. */
static char *
session(const char *letters, const char *written, const char *ordinals,
    const char *marks)
{
	struct message_list list = list_of(letters);
	char *next = NULL;

	assign(&list, written);
	check_ordinals(&list, ordinals, written);
	check_sound(&list, written);
	for (size_t i = 0; marks != NULL && i < list.count; i++)
		list.at[i].marked = marks[i] == 'x';
	if (marks != NULL)
		next = write_down(&list);
	message_list_clear(&list);
	return next;
}

/* --- sessions by hand ----------------------------------------------------- */

static void
check_counting(void)
{
	check_begin("The n-th message of a content has ordinal n");
	session("", NULL, "", NULL);
	session("a", NULL, "1", NULL);
	session("abc", NULL, "1 1 1", NULL);
	session("abaacb", NULL, "1 1 2 3 1 2", NULL);
	session("aaaa", "", "1 2 3 4", NULL);
	check_end();
}

static void
check_stable(void)
{
	char *written, *again;

	check_begin("Ordinals stay when messages before are removed");
	written = session("aaaa", NULL, "1 2 3 4", "x.x.");
	session("aa", written, "2 4", NULL);
	session("aaa", written, "2 4 5", NULL);
	again = session("aabab", written, "2 4 1 5 2", "x...x");
	session("abab", again, "4 1 5 2", NULL);
	free(written);
	free(again);
	check_end();

	check_begin("A single message keeps an ordinal above 1");
	written = session("aab", NULL, "1 2 1", "x..");
	again = session("ab", written, "2 1", ".x");
	session("aa", again, "2 3", NULL);
	free(written);
	free(again);
	check_end();

	check_begin("A first copy left alone keeps ordinal 1");
	written = session("aab", NULL, "1 2 1", ".x.");
	session("aba", written, "1 1 2", NULL);
	free(written);
	check_end();

	check_begin("A content that is removed counts from 1 again");
	written = session("aab", NULL, "1 2 1", "xx.");
	session("baa", written, "1 1 2", NULL);
	free(written);
	check_end();
}

static void
check_writing(void)
{
	struct message_list list = list_of("aba");
	char *written;

	check_begin("Nothing is written when there is nothing to remember");
	written = session("abc", NULL, "1 1 1", "x..");
	check_that(strcmp(written, "") == 0, "\"%s\"", written);
	free(written);
	written = session("", NULL, "", "");
	check_that(strcmp(written, "") == 0, "\"%s\"", written);
	free(written);
	check_end();

	check_begin("A line a message is written: digest and ordinal");
	assign(&list, NULL);
	list.at[2].ordinal = UINT32_MAX;
	written = write_down(&list);
	check_that(strcmp(written, "61123456789abcdefedcba9876543261 1\n"
	    "61123456789abcdefedcba9876543261 4294967295\n") == 0, "\"%s\"",
	    written);
	free(written);
	message_list_clear(&list);
	check_end();
}

static void
check_extremes(void)
{
	struct message_list list = { 0 };
	char *written;

	check_begin("Digests of all zeros and all ones are written");
	arrive(&list, (struct digest){ 0, 0 });
	arrive(&list, (struct digest){ UINT64_MAX, UINT64_MAX });
	arrive(&list, (struct digest){ 0, 0 });
	arrive(&list, (struct digest){ UINT64_MAX, UINT64_MAX });
	assign(&list, NULL);
	list.at[0].marked = list.at[1].marked = true;
	written = write_down(&list);
	message_list_clear(&list);
	arrive(&list, (struct digest){ 0, 0 });
	arrive(&list, (struct digest){ UINT64_MAX, UINT64_MAX });
	assign(&list, written);
	check_ordinals(&list, "2 2", written);
	free(written);
	message_list_clear(&list);
	check_end();
}

static void
check_others(void)
{
	char *written;

	check_begin("Ordinals stay sound when another program removes copies");
	written = session("aaaabb", NULL, "1 2 3 4 1 2", "x...x.");
	session("aaab", written, "2 3 4 2", NULL);
	session("aab", written, "2 3 2", NULL);
	session("aaa", written, "2 3 4", NULL);
	session("b", written, "2", NULL);
	session("", written, "", NULL);
	session("ccd", written, "1 2 1", NULL);
	session("aaaaaa", written, "2 3 4 5 6 7", NULL);
	free(written);
	check_end();

	check_begin("Ordinals stay when another program changes the order of "
	    "contents");
	written = session("abab", NULL, "1 1 2 2", "x...");
	session("bba", written, "1 2 2", NULL);
	free(written);
	check_end();
}

/* --- what was written is odd ---------------------------------------------- */

#define A "61123456789abcdefedcba9876543261"
#define B "62123456789abcdefedcba9876543262"

static const struct {
	const char *written, *ordinals;		/* of "aaba" */
} odd[] = {
	{ A " 3\n", "3 4 1 5" },
	{ A " 3\n" A " 3\n" A " 3\n", "3 4 1 5" },
	{ A " 5\n" A " 4\n" A " 9\n", "5 6 1 9" },
	{ A " 2\n" B " 7\n" A " 4\n" A " 6\n" A " 8\n", "2 4 7 6" },
	{ A " 3", "1 2 1 3" },
	{ A " 3\n" A " 7", "3 4 1 5" },
	{ A " 0\n", "1 2 1 3" },
	{ A " 4294967296\n", "1 2 1 3" },
	{ A " 99999999999999999999999\n", "1 2 1 3" },
	{ A " -3\n" A " +3\n" A "  3\n" A " 3 \n" A " 3\r\n", "1 2 1 3" },
	{ A "\n" A " \n" A "3\n" A "\t3\n", "1 2 1 3" },
	{ "x" A " 3\n" " " A " 3\n", "1 2 1 3" },
	{ "61123456789abcdefedcba987654326 3\n", "1 2 1 3" },
	{ "\n\n\n" A " 3\n\n" A " 6\n", "3 6 1 7" },
	{ "garbage\n\xff\xff\n" B " 2\n", "1 2 2 3" },
	{ "garbage without an end", "1 2 1 3" },
	{ A " 3\n" A "x5\n" A " 8\n", "3 8 1 9" },
};

static void
check_odd(void)
{
	check_begin("What was written oddly is left out, line by line");
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		session("aaba", odd[i].written, odd[i].ordinals, NULL);
	check_end();
}

static void
check_largest(void)
{
	struct message_list list = list_of("aaa");

	check_begin("Ordinals stay distinct and above 0 after the largest "
	    "was written");
	assign(&list, A " 4294967295\n");
	for (size_t i = 0; i < list.count; i++)
		for (size_t j = 0; j <= i; j++)
			check_that(list.at[i].ordinal > 0 && (i == j ||
			    list.at[i].ordinal != list.at[j].ordinal),
			    "message %zu: ordinal %" PRIu32, i + 1,
			    list.at[i].ordinal);
	message_list_clear(&list);
	check_end();
}

static void
damage(char *written, struct dice *dice)
{
	static const char octets[] = "0123456789abcdef \n\n\xff-";
	size_t length = strlen(written);

	for (size_t n = dice_roll(dice, 4); n > 0 && length > 0; n--)
		written[dice_roll(dice, length)] =
		    octets[dice_roll(dice, sizeof(octets) - 1)];
	if (length > 0 && dice_roll(dice, 3) == 0)
		written[dice_roll(dice, length)] = '\0';
}

static void
check_damage(struct dice *dice)
{
	check_begin("Ordinals stay sound, however what was written is damaged");
	for (int i = 0; i < 50000; i++) {
		struct message_list list = list_of("abaacabba");
		char *written;

		assign(&list, A " 2\n" B " 4\n" A " 6\n" A " 10\n");
		for (size_t j = 0; j < list.count; j++)
			list.at[j].marked = dice_roll(dice, 4) == 0;
		written = write_down(&list);
		message_list_clear(&list);
		damage(written, dice);
		list = list_of("abaacabba");
		assign(&list, written);
		check_sound(&list, written);
		free(written);
		message_list_clear(&list);
	}
	check_end();
}

/* --- many sessions -------------------------------------------------------- */

/* The ordinals that are wanted, beside a list. */
struct model {
	size_t count;
	char letter[64];
	uint32_t ordinal[64];
};

static void
model_arrive(struct model *model, char letter)
{
	uint32_t last = 0;

	if (model->count == sizeof(model->letter))
		return;
	for (size_t i = 0; i < model->count; i++)
		if (model->letter[i] == letter)
			last = model->ordinal[i];
	model->letter[model->count] = letter;
	model->ordinal[model->count++] = last + 1;
}

static void
model_remove(struct model *model, const struct message_list *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < model->count; i++) {
		if (list->at[i].marked)
			continue;
		model->letter[kept] = model->letter[i];
		model->ordinal[kept++] = model->ordinal[i];
	}
	model->count = kept;
}

/* One session of the model: mail arrives, and in some sessions mail is
 * removed and the ordinals are written. */
static void
model_session(struct model *model, char **written, struct dice *dice)
{
	struct message_list list = { 0 };

	for (size_t n = dice_roll(dice, 5); n > 0; n--)
		model_arrive(model, (char)('a' + dice_roll(dice, 3)));
	for (size_t i = 0; i < model->count; i++)
		arrive(&list, content(model->letter[i]));
	assign(&list, *written);
	for (size_t i = 0; i < list.count; i++)
		check_that(list.at[i].ordinal == model->ordinal[i],
		    "message %zu of %zu: ordinal %" PRIu32 ", not %" PRIu32,
		    i + 1, list.count, list.at[i].ordinal, model->ordinal[i]);
	check_sound(&list, *written);
	if (dice_roll(dice, 3) > 0) {
		size_t odds = 1 + dice_roll(dice, 4);

		for (size_t i = 0; i < list.count; i++)
			list.at[i].marked = dice_roll(dice, odds) == 0;
		free(*written);
		*written = write_down(&list);
		model_remove(model, &list);
	}
	message_list_clear(&list);
}

static void
check_sessions(struct dice *dice)
{
	check_begin("Ordinals stay over random sessions and arrivals");
	for (int i = 0; i < 2000; i++) {
		struct model model = { 0 };
		char *written = NULL;

		for (int j = 0; j < 20; j++)
			model_session(&model, &written, dice);
		free(written);
	}
	check_end();
}

/* --- many messages -------------------------------------------------------- */

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* All of one content, or each of its own. */
static void
check_many(const char *sentence, bool equal)
{
	struct message_list list = { 0 }, after;
	double start = seconds();
	char *written;

	check_begin(sentence);
	for (size_t i = 0; i < MANY; i++)
		arrive(&list, equal ? content('a')
		    : digest_of(&i, sizeof(i)));
	assign(&list, NULL);
	for (size_t i = 0; i < MANY; i++)
		list.at[i].marked = i % 2 == 0;
	written = write_down(&list);
	after = list_after(&list);
	assign(&after, written);
	for (size_t i = 0; i < after.count; i++) {
		uint32_t wanted = equal ? 2 * (uint32_t)i + 2 : 1;

		check_that(after.at[i].ordinal == wanted &&
		    after.at[i].repeated == equal, "message %zu: ordinal %"
		    PRIu32, i + 1, after.at[i].ordinal);
	}
	free(written);
	message_list_clear(&list);
	message_list_clear(&after);
	check_that(seconds() - start < 2, "it took %.1f s",
	    seconds() - start);
	check_end();
}

int
main(void)
{
	struct dice dice = { .state = 1939 };

	check_counting();
	check_stable();
	check_writing();
	check_extremes();
	check_others();
	check_odd();
	check_largest();
	check_damage(&dice);
	check_sessions(&dice);
	check_many("100,000 messages of one content are quick", true);
	check_many("100,000 messages of different contents are quick", false);
	return check_status();
}
