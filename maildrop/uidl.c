#include "maildrop/uidl.h"

#include <md5.h>
#include <stdlib.h>
#include <string.h>

struct uidl {
	struct digest_maker *content;
	bool line_open;		/* the line at hand has begun */
	size_t empty_lines;	/* that may be the last */
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
	if (u->content == NULL) {
		free(u);
		return NULL;
	}
	return u;
}

void
uidl_free(struct uidl *u)
{
	if (u == NULL)
		return;
	digest_free(u->content);
	free(u);
}

void
uidl_begin(struct uidl *u)
{
	digest_begin(u->content);
	u->line_open = u->received = u->taking = false;
	u->empty_lines = 0;
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

static size_t
line_end(const char *at, size_t length)
{
	if (length >= 1 && at[0] == '\n')
		return 1;
	return length >= 2 && at[0] == '\r' && at[1] == '\n' ? 2 : 0;
}

/* Empty lines wait for a line after them. */
static void
add_content(struct uidl *u, const char *at, size_t length)
{
	size_t end;

	/* a last line of CR alone: empty, with the LF that comes next */
	if (!u->line_open && length == 1 && at[0] == '\r')
		return;
	while (!u->line_open && (end = line_end(at, length)) > 0) {
		u->empty_lines++;
		at += end;
		length -= end;
	}
	if (length == 0)
		return;
	for (; u->empty_lines > 0; u->empty_lines--)
		digest_add(u->content, "\n", 1);
	digest_add(u->content, at, length);
	u->line_open = at[length - 1] != '\n';
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
	*content = digest_end(u->content);
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
