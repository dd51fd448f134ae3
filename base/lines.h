/*
 * Lines in many octets at once (pure). A line ends in LF or CRLF.
 *
 * The processor's widest registers that we know are used; without any, eight
 * octets at a time. All ways give the same.
 */
#ifndef BASE_LINES_H
#define BASE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Of the octets at `at`, where a line begins, how many stand before
 *  _after_empty: the first line that begins with `octet`, which is not NUL,
 *	and has an empty line before it among these octets
 *  _start: the first line that begins with an octet of `set`
 * or all of them. *bare grows by the LFs in these that no CR precedes.
 */
size_t lines_until_after_empty(const char *at, size_t length, char octet,
    size_t *bare);
size_t lines_until_start(const char *at, size_t length, const bool set[256],
    size_t *bare);

/* A text that is made ready for the wire, in pieces that are cut anywhere. */
struct lines_wire {
	uint64_t lf, cr;	/* where they are in the last 64 octets */
};

/* Octets that are written beyond what lines_to_wire returns. */
#define LINES_SLACK ((size_t)64)

/* At the beginning of a line. */
struct lines_wire lines_wire(void);

/* Whether the line at hand has octets. */
bool lines_wire_is_open(const struct lines_wire *);

/*
 * Copies text so that each LF has a CR before it, and a line that begins with
 * '.' another '.' (RFC 1939 section 3). `to` has room for twice the length and
 * LINES_SLACK. Returns the number of octets.
 */
size_t lines_to_wire(struct lines_wire *, char *to, const char *from,
    size_t length);

#endif
