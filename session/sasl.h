/*
 * The one SASL mechanism that is spoken here, PLAIN (RFC 4616): from its
 * message to a name and a password (pure).
 */
#ifndef SESSION_SASL_H
#define SESSION_SASL_H

#include <stdbool.h>
#include <stddef.h>

/* RFC 4616 section 2: each part of 255 octets must be taken; longer ones are
 * not. */
#define SASL_PART_MAX 255
#define SASL_MESSAGE_MAX (3 * SASL_PART_MAX + 2)

#define SASL_PLAIN "PLAIN"

/* What AUTH says for an empty initial response, and for "never mind" (RFC
 * 5034 section 4). */
#define SASL_EMPTY "="
#define SASL_CANCEL "*"

struct sasl_plain {
	/* strings inside `octets` */
	const char *name, *password;
	bool is_self;		/* wants to act as nobody else */
	char octets[SASL_MESSAGE_MAX + 1];
};

/*
 * Takes a message apart that came in base64. False if it is none of PLAIN's.
 * The caller wipes *plain in any case.
 */
bool sasl_plain_take(struct sasl_plain *plain, const char *text,
    size_t length);

#endif
