/*
 * What tells a message apart, from its text (pure): the content digest, and the
 * unique id that a scheme makes.
 *
 *	uidl_new
 *	  uidl_begin, uidl_text any number of times, uidl_end	per message
 *	uidl_free
 *
 * The content digest covers all the text but empty lines at its end: of these
 * agents add one after a message, or before the next, or none, so that a
 * delivery can change how many there seem to be.
 */
#ifndef MAILDROP_UIDL_H
#define MAILDROP_UIDL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/strbuf.h"
#include "maildrop/message.h"

/* Where a piece of text stands. */
enum uidl_place {
	UIDL_AT_HEADER,		/* it begins with a header, and has no other */
	UIDL_IN_HEADER,
	UIDL_IN_BODY,
};

/* A way to make unique ids. A new one is a file with such a struct, and its
 * name in UIDL_SCHEMES. */
struct uidl_scheme {
	uint8_t code;		/* what an index has that keeps its ids */

	/* What it makes of the text. Where the content digest is all it needs,
	 * the size is 0 and there is nothing to call. */
	size_t state_size;
	void (*begin)(void *state);
	void (*text)(void *state, const char *data, size_t length,
	    enum uidl_place);
	uint64_t (*end)(void *state);

	/* The id as UIDL shows it: 1 to 70 octets in 0x21..0x7e (RFC 1939
	 * section 7). `id` is what end has made. */
	void (*show)(struct strbuf *, const struct message *, uint64_t id);
};

/* The schemes, as --uidl names them, in the order of uidl_schemes; the first is
 * the default. */
#define UIDL_SCHEMES(X) X(content) X(popa3d)

#define UIDL_DECLARE(name) extern const struct uidl_scheme uidl_##name;
UIDL_SCHEMES(UIDL_DECLARE)
extern const struct uidl_scheme *const uidl_schemes[];

struct uidl;

/* NULL if there is no memory. Free with uidl_free; NULL is fine there. */
struct uidl *uidl_new(const struct uidl_scheme *);
void uidl_free(struct uidl *);

void uidl_begin(struct uidl *);
void uidl_text(struct uidl *, const char *data, size_t length,
    enum uidl_place);

/* The content digest, and what the scheme's end has made, or 0. */
void uidl_end(struct uidl *, struct digest *content, uint64_t *id);

#endif
