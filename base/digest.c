#include "base/digest.h"

#include "base/processor.h"

/* Compiled in: the library's shared object would cost each process a load. */
#define XXH_INLINE_ALL
#include <xxhash.h>

struct digest_maker *
digest_new(void)
{
	return (struct digest_maker *)XXH3_createState();
}

void
digest_free(struct digest_maker *maker)
{
	XXH3_freeState((XXH3_state_t *)maker);
}

void
digest_begin(struct digest_maker *maker)
{
	XXH3_128bits_reset((XXH3_state_t *)maker);
}

void
digest_add(struct digest_maker *maker, const void *octets, size_t length)
{
#ifdef DIGEST_HAS_AVX2
	if (processor_has_avx2()) {
		digest_add_avx2(maker, octets, length);
		return;
	}
#endif
	XXH3_128bits_update((XXH3_state_t *)maker, octets, length);
}

void
digest_continue(struct digest_maker *to, const struct digest_maker *from)
{
	XXH3_copyState((XXH3_state_t *)to, (const XXH3_state_t *)from);
}

static struct digest
digest_from(XXH128_hash_t hash)
{
	return (struct digest){ .high = hash.high64, .low = hash.low64 };
}

struct digest
digest_end(const struct digest_maker *maker)
{
	return digest_from(XXH3_128bits_digest((const XXH3_state_t *)maker));
}

struct digest
digest_of(const void *octets, size_t length)
{
	return digest_from(XXH3_128bits(octets, length));
}

bool
digest_equal(struct digest a, struct digest b)
{
	return a.high == b.high && a.low == b.low;
}
