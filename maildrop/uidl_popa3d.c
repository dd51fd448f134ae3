/* The ids of popa3d 1.0.3, for those who move from there: an MD5 of a few
 * header lines. */
#include <md5.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/text.h"
#include "maildrop/uidl.h"

struct popa3d {
	MD5_CTX md5;
	bool received;		/* the first Received has begun */
	bool taking;		/* this header goes into the id */
};

static void
popa3d_begin(void *state)
{
	struct popa3d *p = state;

	p->received = p->taking = false;
	MD5Init(&p->md5);
}

static bool
begins(const char *data, size_t length, const char *name)
{
	size_t size = strlen(name);

	return length >= size && text_equal_nocase(data, size, name);
}

/* Whether popa3d takes the header that begins: of Received the first, of what
 * comes after that only what delivery agents write. */
static bool
takes(struct popa3d *p, const char *data, size_t length)
{
	bool before_received = !p->received;

	if (begins(data, length, "Received:"))
		p->received = true;
	return begins(data, length, "Delivered-To:") ||
	    (data[0] == 'X' && begins(data, length, "X-Delivery-ID:")) ||
	    (before_received && (begins(data, length, "Received:") ||
	    begins(data, length, "Date:") ||
	    begins(data, length, "Message-ID:")));
}

static void
popa3d_text(void *state, const char *data, size_t length,
    enum uidl_place place)
{
	struct popa3d *p = state;

	if (place == UIDL_IN_BODY)
		p->taking = false;
	else if (place == UIDL_AT_HEADER)
		p->taking = takes(p, data, length);
	if (p->taking)
		MD5Update(&p->md5, (const uint8_t *)data, length);
}

/* popa3d prints the first eight octets of the MD5, four and four, each four
 * backwards: two little-endian words. */
static uint64_t
popa3d_end(void *state)
{
	struct popa3d *p = state;
	uint8_t digest[MD5_DIGEST_LENGTH];
	uint64_t id = 0;

	MD5Final(digest, &p->md5);
	for (size_t i = 0; i < 8; i++)
		id = id << 8 | digest[i ^ 3];
	return id;
}

static void
popa3d_show(struct strbuf *text, const struct message *message, uint64_t id)
{
	(void)message;
	strbuf_add_hex(text, id);
}

const struct uidl_scheme uidl_popa3d = {
	.code = 1,
	.state_size = sizeof(struct popa3d),
	.begin = popa3d_begin,
	.text = popa3d_text,
	.end = popa3d_end,
	.show = popa3d_show,
};
