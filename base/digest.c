#include "base/digest.h"

#include "base/processor.h"

/* Compiled in: the library's shared object would cost each process a load. */
#define XXH_INLINE_ALL
/* Words are read as such: where size counts, the compiler calls for each. */
#define XXH_FORCE_MEMORY_ACCESS 1
#include <xxhash.h>

struct hasher *
hasher_new(void)
{
	return (struct hasher *)XXH3_createState();
}

void
hasher_free(struct hasher *maker)
{
	XXH3_freeState((XXH3_state_t *)maker);
}

void
hasher_init(struct hasher *maker)
{
	XXH3_128bits_reset((XXH3_state_t *)maker);
}

void
hasher_update(struct hasher *maker, const void *data, size_t length)
{
#ifdef DIGEST_HAS_AVX2
	if (processor_has_avx2()) {
		digest_add_avx2(maker, data, length);
		return;
	}
#endif
	XXH3_128bits_update((XXH3_state_t *)maker, data, length);
}

void
hasher_copy(struct hasher *to, const struct hasher *from)
{
	XXH3_copyState((XXH3_state_t *)to, (const XXH3_state_t *)from);
}

static struct digest
digest_from(XXH128_hash_t hash)
{
	return (struct digest){ .high = hash.high64, .low = hash.low64 };
}

struct digest
hasher_final(const struct hasher *maker)
{
	return digest_from(XXH3_128bits_digest((const XXH3_state_t *)maker));
}

struct digest
digest_of(const void *data, size_t length)
{
	return digest_from(XXH3_128bits(data, length));
}

bool
digest_equal(struct digest a, struct digest b)
{
	return a.high == b.high && a.low == b.low;
}
