#include "maildrop/uidl.h"

#include <md5.h>
#include <stdlib.h>
#include <string.h>

struct uidl {
	struct digest_maker *content;
	struct digest_maker *before_empty;	/* that, before the empty lines
						   that may be the last */
	bool ends_empty;	/* there are such */
	bool line_open;		/* the line at hand has begun */
	bool with_popa3d;
	MD5_CTX popa3d;
	bool received;		/* the first Received has begun */
	bool taking;		/* this header goes into popa3d's id */
};

struct uidl *
uidl_new(bool with_popa3d)
{
	struct uidl *u = calloc(1, sizeof(*u));

	if (u == NULL)
		return NULL;
	u->with_popa3d = with_popa3d;
	u->content = digest_new();
	u->before_empty = digest_new();
	if (u->content == NULL || u->before_empty == NULL) {
		uidl_free(u);
		u = NULL;
	}
	return u;
}

void
uidl_free(struct uidl *u)
{
	if (u == NULL)
		return;
	digest_free(u->content);
	digest_free(u->before_empty);
	free(u);
}

void
uidl_begin(struct uidl *u)
{
	digest_begin(u->content);
	u->ends_empty = u->line_open = false;
	u->received = u->taking = false;
	if (u->with_popa3d)
		MD5Init(&u->popa3d);
}

static bool
begins(const struct mbox_token *text, const char *name)
{
	size_t length = strlen(name);

	return text->length >= length && text_is(text->data, length, name);
}

/* Whether popa3d takes the header that begins: of Received the first, of what
 * comes after that only what delivery agents write. */
static bool
takes(struct uidl *u, const struct mbox_token *text)
{
	bool before_received = !u->received;

	if (begins(text, "Received:"))
		u->received = true;
	return begins(text, "Delivered-To:") ||
	    (text->data[0] == 'X' && begins(text, "X-Delivery-ID:")) ||
	    (before_received && (begins(text, "Received:") ||
	    begins(text, "Date:") || begins(text, "Message-ID:")));
}

/* The length of text that ends a line, without the empty lines at its end;
 * `begins`: it begins with a line of its own, which can be empty, too. */
static size_t
without_empty(const char *at, size_t length, bool begins)
{
	while (length > 0 && at[length - 1] == '\n') {
		size_t end = length >= 2 && at[length - 2] == '\r' ? 2 : 1;

		if (length > end ? at[length - end - 1] != '\n' : !begins)
			break;
		length -= end;
	}
	return length;
}

/* What is not known to be the end is taken, and can be given up again. */
static void
add_content(struct uidl *u, const char *at, size_t length)
{
	/* a last line of CR alone: empty, with the LF that comes next */
	bool is_cr = !u->line_open && length == 1 && at[0] == '\r';
	size_t text = is_cr ? 0 : without_empty(at, length, !u->line_open);

	if (text > 0) {
		digest_add(u->content, at, text);
		u->ends_empty = false;
	}
	u->line_open = !is_cr && at[length - 1] != '\n';
	if (text == length)
		return;
	if (!u->ends_empty)
		digest_continue(u->before_empty, u->content);
	u->ends_empty = true;
	digest_add(u->content, at + text, length - text);
}

void
uidl_text(struct uidl *u, const struct mbox_token *text)
{
	add_content(u, text->data, text->length);
	if (!u->with_popa3d)
		return;
	if (text->header == MBOX_HEADER_NONE)
		u->taking = false;
	else if (text->starts_header)
		u->taking = takes(u, text);
	if (u->taking)
		MD5Update(&u->popa3d, (const uint8_t *)text->data,
		    text->length);
}

/* popa3d prints the first eight octets of the MD5, four and four, each four
 * backwards: two little-endian words. */
static uint64_t
popa3d_id(MD5_CTX *md5)
{
	uint8_t digest[MD5_DIGEST_LENGTH];
	uint64_t id = 0;

	MD5Final(digest, md5);
	for (size_t i = 0; i < 8; i++)
		id = id << 8 | digest[i ^ 3];
	return id;
}

void
uidl_end(struct uidl *u, struct digest *content, uint64_t *popa3d)
{
	*content = digest_end(u->ends_empty ? u->before_empty : u->content);
	*popa3d = u->with_popa3d ? popa3d_id(&u->popa3d) : 0;
}

void
uidl_show_content(struct text *text, struct digest content, uint32_t ordinal)
{
	text_add_hexadecimal(text, content.high);
	text_add_hexadecimal(text, content.low);
	if (ordinal == 1)
		return;
	text_add(text, "-", 1);
	text_add_number(text, ordinal);
}

void
uidl_show_popa3d(struct text *text, uint64_t id)
{
	text_add_hexadecimal(text, id);
}
