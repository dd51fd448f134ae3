/*
 * The unique ids of the messages of a mailbox: they do not depend on where
 * the reading was cut, and are those of the naive reading.
 *
 * An octet for the pieces, then the mailbox.
 */
#include "maildrop/uidl.h"

#include <ctype.h>
#include <md5.h>

#include "tests/fuzz/fuzz.h"
#include "tests/unit/mbox_naive.h"

struct ids {
	size_t count;
	struct {
		struct digest content;
		uint64_t popa3d;
	} at[SEEN_MESSAGES_MAX];
};

static struct naive naive;
static struct seen seen;
static struct ids found, cut;

static void
take_tokens(struct mbox_scan *scan, struct uidl *uidl, struct ids *ids)
{
	struct mbox_token token;

	for (;;) {
		mbox_scan_next(scan, &token);
		switch (token.event) {
		case MBOX_BEGIN:
			uidl_begin(uidl);
			break;
		case MBOX_TEXT:
			uidl_text(uidl, token.data, token.length,
			    token.header == MBOX_HEADER_NONE ? UIDL_IN_BODY
			    : token.starts_header ? UIDL_AT_HEADER
			    : UIDL_IN_HEADER);
			break;
		case MBOX_END:
			uidl_end(uidl, &ids->at[ids->count].content,
			    &ids->at[ids->count].popa3d);
			ids->count++;
			break;
		case MBOX_MORE:
		case MBOX_DONE:
		case MBOX_BAD:
			return;
		}
	}
}

static void
make_ids(struct box *box, const struct cuts *cuts, struct ids *ids)
{
	const struct mbox_scan_settings settings = {
		.peek = seen_peek, .context = box, .by_header = true,
	};
	struct uidl *uidl = uidl_new(&uidl_popa3d);
	struct mbox_scan scan;
	size_t part;

	fuzz_require(uidl != NULL, "no memory");
	ids->count = 0;
	mbox_scan_init(&scan, &settings);
	for (size_t at = 0; at < box->length; at += part) {
		part = seen_piece(cuts, at, box->length);
		mbox_scan_feed(&scan, box->at + at, part);
		take_tokens(&scan, uidl, ids);
	}
	mbox_scan_finish(&scan);
	take_tokens(&scan, uidl, ids);
	uidl_free(uidl);
}

/* The digest of the lines of a text up to its last that is not empty. */
static struct digest
content_of(const char *text, size_t length)
{
	size_t end = 0, next;

	for (size_t from = 0; from < length; from = next) {
		const char *lf = memchr(text + from, '\n', length - from);
		struct naive_line line = { .at = text + from };

		next = lf == NULL ? length : (size_t)(lf - text) + 1;
		line.length = next - from;
		if (!naive_is_empty(&line))
			end = next;
	}
	return digest_of(text, end);
}

/* Whether popa3d's id covers the header at `text` (popa3d 1.0.3, mailbox.c);
 * *received: whether a Received came before it, or is it. */
static bool
is_covered(const char *text, size_t length, bool *received)
{
	static const char *const before[] = { "Received:", "Date:",
	    "Message-Id:" };
	bool covered = false;

	for (size_t i = 0; i < 3 && !*received; i++)
		covered |= length >= strlen(before[i]) &&
		    strncasecmp(text, before[i], strlen(before[i])) == 0;
	if (length >= 9 && strncasecmp(text, "Received:", 9) == 0)
		*received = true;
	return covered ||
	    (length >= 13 && strncasecmp(text, "Delivered-To:", 13) == 0) ||
	    (length >= 14 && text[0] == 'X' &&
	    strncasecmp(text, "X-Delivery-ID:", 14) == 0);
}

static uint64_t
popa3d_of(const char *text, const unsigned char *kind, size_t length)
{
	bool received = false, covered = false;
	uint8_t digest[MD5_DIGEST_LENGTH];
	uint32_t words[2];
	MD5_CTX md5;

	MD5Init(&md5);
	for (size_t i = 0; i < length && kind[i] != MBOX_HEADER_NONE; i++) {
		if ((kind[i] & SEEN_STARTS_HEADER) != 0)
			covered = is_covered(text + i, length - i, &received);
		if (covered)
			MD5Update(&md5, (const uint8_t *)text + i, 1);
	}
	MD5Final(digest, &md5);
	memcpy(words, digest, sizeof(words));
	return (uint64_t)words[0] << 32 | words[1];
}

/* RFC 1939 section 7: 1 to 70 octets in 0x21..0x7e. */
static void
check_shown(struct digest content, uint64_t popa3d)
{
	const struct message message = {
		.content = content, .ordinal = (uint32_t)popa3d,
	};
	char shown[71];
	struct strbuf text = strbuf_init(shown, sizeof(shown));

	uidl_content.show(&text, &message, 0);
	for (size_t i = 0; shown[i] != '\0' || i < 32; i++)
		fuzz_require(isgraph((unsigned char)shown[i]), "%s", shown);
	text = strbuf_init(shown, sizeof(shown));
	uidl_popa3d.show(&text, &message, popa3d);
	fuzz_require(strlen(shown) == 16, "%s", shown);
}

static void
check_ids(void)
{
	for (size_t i = 0; i < seen.count; i++) {
		const struct seen_message *message = &seen.message[i];

		fuzz_require(digest_equal(found.at[i].content, content_of(
		    seen.text + message->text, message->text_length)),
		    "content of message %zu", i + 1);
		fuzz_require(found.at[i].popa3d == popa3d_of(
		    seen.text + message->text, seen.kind + message->text,
		    message->text_length), "popa3d's of message %zu", i + 1);
		check_shown(found.at[i].content, found.at[i].popa3d);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	struct fuzz_input input = fuzz_input(octets, length);
	struct dice dice = { .state = 1 + fuzz_octet(&input) };
	const struct cuts nowhere = { .where = CUT_NOWHERE };
	const struct cuts everywhere = { .where = CUT_EVERYWHERE };
	const struct cuts some = { .where = CUT_AT_RANDOM, .dice = &dice };
	struct box box = { input.at, input.length };

	naive_read(&naive, &box, &seen);
	if (seen.bad)
		return 0;
	make_ids(&box, &nowhere, &found);
	fuzz_require(found.count == seen.count, "the number of messages");
	check_ids();
	make_ids(&box, dice.state % 2 == 0 ? &everywhere : &some, &cut);
	fuzz_require(cut.count == found.count && memcmp(&cut.at, &found.at,
	    found.count * sizeof(found.at[0])) == 0, "cut elsewhere");
	return 0;
}
