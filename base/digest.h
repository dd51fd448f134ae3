/*
 * A 128-bit digest of octets fed in pieces (XXH3, seed 0).
 *
 * It tells contents apart at the speed of memory. It is no signature: who
 * chooses both contents can make them agree, so callers must stay right when
 * two digests are equal.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct digest {
	uint64_t high, low;
};

/* The state of a digest that is being made. */
struct digest_maker;

/* NULL if there is no memory; free with digest_free. */
struct digest_maker *digest_new(void);
void digest_free(struct digest_maker *);

/* _begin, _add any number of times, _end; then _begin again. */
void digest_begin(struct digest_maker *);
void digest_add(struct digest_maker *, const void *octets, size_t length);
struct digest digest_end(const struct digest_maker *);

/* Makes `to` go on from where `from` is. */
void digest_continue(struct digest_maker *to, const struct digest_maker *from);

/* The digest of one piece. */
struct digest digest_of(const void *octets, size_t length);

bool digest_equal(struct digest, struct digest);

#ifdef __x86_64__
#define DIGEST_HAS_AVX2
/* What digest_add does where it can; not for others to call. */
void digest_add_avx2(struct digest_maker *, const void *octets, size_t length);
#endif

#endif
