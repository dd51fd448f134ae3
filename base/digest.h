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
struct hasher;

/* NULL if there is no memory; free with hasher_free. */
struct hasher *hasher_new(void);
void hasher_free(struct hasher *);

/* _begin, _add any number of times, _end; then _begin again. */
void hasher_init(struct hasher *);
void hasher_update(struct hasher *, const void *data, size_t length);
struct digest hasher_final(const struct hasher *);

/* Makes `to` go on from where `from` is. */
void hasher_copy(struct hasher *to, const struct hasher *from);

/* The digest of one piece. */
struct digest digest_of(const void *data, size_t length);

bool digest_equal(struct digest, struct digest);

#ifdef __x86_64__
#define DIGEST_HAS_AVX2
/* What hasher_update does where it can; not for others to call. */
void digest_add_avx2(struct hasher *, const void *data, size_t length);
#endif

#endif
