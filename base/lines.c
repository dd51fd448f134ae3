#include "base/lines.h"

#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "base/min.h"
#include "base/processor.h"

/* Octets are looked at in blocks of so many: a bit for each fits a word. */
#define BLOCK 64
#define LAST_BIT ((uint64_t)1 << (BLOCK - 1))

/* So far before an octet is looked at the processor is told to fetch it. */
#define AHEAD ((size_t)16 * BLOCK)

/* The bits of a block, each at the place of the octet that stands `by` after
 * its own; `before` has those of the block before. */
static inline uint64_t
shifted(uint64_t bits, uint64_t before, int by)
{
	return bits << by | before >> (BLOCK - by);
}

/* The block at `at`, of which there are `length` octets: a copy with NULs
 * behind it if that is not enough for two, so that any can be read. */
static inline const char *
whole_block(const char *at, size_t length, char copy[2 * BLOCK])
{
	if (length >= (size_t)2 * BLOCK)
		return at;
	memset(copy, 0, (size_t)2 * BLOCK);
	memcpy(copy, at, length);
	return copy;
}

/* --- where a block has `octet`, a bit for each; and whether it has ------- */

#if !defined(__x86_64__) || defined(LINES_ALL_WAYS)
/* The octets of a word that are NUL, as bits 0 to 7. */
static inline uint64_t
nuls_of(uint64_t word)
{
	const uint64_t sevens = 0x7f7f7f7f7f7f7f7f;
	uint64_t tops = ~(((word & sevens) + sevens) | word | sevens);

	return (tops >> 7) * 0x0102040810204080 >> 56;
}

static inline uint64_t
mask_portable(const char *block, char octet)
{
	uint64_t wanted = 0x0101010101010101 * (unsigned char)octet, mask = 0;

	for (int i = 0; i < BLOCK; i += 8) {
		uint64_t word = 0;

		for (int n = 0; n < 8; n++)
			word |= (uint64_t)(unsigned char)block[i + n] <<
			    (8 * n);
		mask |= nuls_of(word ^ wanted) << i;
	}
	return mask;
}

static inline bool
has_portable(const char *block, char octet)
{
	return mask_portable(block, octet) != 0;
}
#endif

#ifdef __x86_64__
/* The least that such a processor has. */
static inline __m128i
matches_sse2(const char *at, char octet)
{
	return _mm_cmpeq_epi8(_mm_set1_epi8(octet),
	    _mm_loadu_si128((const __m128i *)(const void *)at));
}

static inline uint64_t
mask_sse2(const char *block, char octet)
{
	uint64_t mask = 0;

	for (int i = 0; i < BLOCK; i += 16) {
		int found = _mm_movemask_epi8(matches_sse2(block + i, octet));

		mask |= (uint64_t)(uint32_t)found << i;
	}
	return mask;
}

static inline bool
has_sse2(const char *block, char octet)
{
	__m128i any = _mm_setzero_si128();

	for (int i = 0; i < BLOCK; i += 16)
		any = _mm_or_si128(any, matches_sse2(block + i, octet));
	return _mm_movemask_epi8(any) != 0;
}

#define AVX2 __attribute__((target("avx2,bmi,popcnt")))

AVX2 static inline __m256i
matches_avx2(const char *at, char octet)
{
	return _mm256_cmpeq_epi8(_mm256_set1_epi8(octet),
	    _mm256_loadu_si256((const __m256i *)(const void *)at));
}

AVX2 static inline uint64_t
mask_avx2(const char *block, char octet)
{
	int low = _mm256_movemask_epi8(matches_avx2(block, octet));
	int high = _mm256_movemask_epi8(matches_avx2(block + BLOCK / 2,
	    octet));

	return (uint32_t)low | (uint64_t)(uint32_t)high << (BLOCK / 2);
}

AVX2 static inline bool
has_avx2(const char *block, char octet)
{
	__m256i any = _mm256_or_si256(matches_avx2(block, octet),
	    matches_avx2(block + BLOCK / 2, octet));

	return _mm256_testz_si256(any, any) == 0;
}
#endif

/* --- the loops ----------------------------------------------------------- */

typedef uint64_t mask_of(const char *block, char octet);
typedef bool has_of(const char *block, char octet);

/* Each loop becomes a part of its callers, one for each kind of processor, and
 * is compiled for that. */
#define INLINE static inline __attribute__((always_inline))

/* What the block before had. */
struct before {
	uint64_t lf, cr;
	uint64_t empty;		/* the LFs of empty lines */
};

/*
 * How many octets stand in blocks before the first that has a CR, or an LF
 * after another; not in the last. *bare grows by their LFs. Most blocks are so,
 * and this takes half of the time. `lf_before` is of struct before.
 */
INLINE size_t
plain_blocks(mask_of *mask, has_of *has, const char *at, size_t length,
    uint64_t *lf_before, size_t *bare)
{
	uint64_t before = *lf_before;
	size_t done = 0, count = 0;

	for (; length - done >= (size_t)2 * BLOCK; done += BLOCK) {
		uint64_t lf = mask(at + done, '\n');

		if ((lf & shifted(lf, before, 1)) != 0 ||
		    has(at + done, '\r'))
			break;
		__builtin_prefetch(at + done + AHEAD);
		count += (size_t)__builtin_popcountll(lf);
		before = lf;
	}
	*lf_before = before;
	*bare += count;
	return done;
}

/* The octets of the block that stand right after an empty line. *bare_lf: the
 * LFs in it that no CR precedes. */
INLINE uint64_t
after_empty(mask_of *mask, const char *block, struct before *before,
    uint64_t *bare_lf)
{
	uint64_t lf = mask(block, '\n');
	uint64_t cr = mask(block, '\r');
	uint64_t after_cr = shifted(cr, before->cr, 1);
	uint64_t empty = lf & (shifted(lf, before->lf, 1) |
	    (after_cr & shifted(lf, before->lf, 2)));
	uint64_t after = shifted(empty, before->empty, 1);

	*bare_lf = lf & ~after_cr;
	*before = (struct before){ .lf = lf, .cr = cr, .empty = empty };
	return after;
}

INLINE size_t
until_after_empty(mask_of *mask, has_of *has, const char *at, size_t length,
    char octet, size_t *bare)
{
	struct before before = { .lf = LAST_BIT };
	char copy[2 * BLOCK];

	for (size_t done = 0; done < length; done += BLOCK) {
		const char *block;
		uint64_t found, bare_lf;

		/* where one has, the next often has */
		if ((before.cr | before.empty) == 0)
			done += plain_blocks(mask, has, at + done,
			    length - done, &before.lf, bare);
		block = whole_block(at + done, length - done, copy);
		found = after_empty(mask, block, &before, &bare_lf);
		if (found != 0)
			found &= mask(block, octet);
		if (found != 0) {
			/* those below the lowest bit */
			*bare += (size_t)__builtin_popcountll(bare_lf &
			    (found - 1) & ~found);
			return done + (size_t)__builtin_ctzll(found);
		}
		*bare += (size_t)__builtin_popcountll(bare_lf);
	}
	return length;
}

INLINE size_t
until_start(mask_of *mask, const char *at, size_t length,
    const bool set[256], size_t *bare)
{
	uint64_t lf_before = LAST_BIT, cr_before = 0;
	char copy[2 * BLOCK];

	for (size_t done = 0; done < length; done += BLOCK) {
		const char *block = whole_block(at + done, length - done, copy);
		uint64_t lf = mask(block, '\n');
		uint64_t cr = mask(block, '\r');
		uint64_t bare_lf = lf & ~shifted(cr, cr_before, 1);
		uint64_t starts = shifted(lf, lf_before, 1);

		for (; starts != 0; starts &= starts - 1) {
			size_t n = (size_t)__builtin_ctzll(starts);

			if (done + n >= length ||
			    !set[(unsigned char)block[n]])
				continue;
			*bare += (size_t)__builtin_popcountll(bare_lf &
			    (((uint64_t)1 << n) - 1));
			return done + n;
		}
		*bare += (size_t)__builtin_popcountll(bare_lf);
		lf_before = lf;
		cr_before = cr;
	}
	return length;
}

/* Copies a block with an octet put in before each that wants one: CR before
 * LF, '.' before '.'. Behind what counts, more is written. */
INLINE char *
copy_block(char *to, const char *block, size_t length, uint64_t wants)
{
	size_t from = 0;

	for (; wants != 0; wants &= wants - 1) {
		size_t n = (size_t)__builtin_ctzll(wants);

		memcpy(to, block + from, BLOCK);
		to += n - from;
		*to++ = block[n] == '\n' ? '\r' : '.';
		from = n;
	}
	memcpy(to, block + from, BLOCK);
	return to + (length - from);
}

INLINE size_t
to_wire(mask_of *mask, struct lines_wire *wire, char *to, const char *from,
    size_t length)
{
	char copy[2 * BLOCK], *end = to;

	for (size_t done = 0; done < length; done += BLOCK) {
		size_t part = min_size(length - done, BLOCK);
		const char *block = whole_block(from + done, length - done,
		    copy);
		uint64_t lf = mask(block, '\n');
		uint64_t cr = mask(block, '\r');
		uint64_t dots = mask(block, '.') &
		    shifted(lf, wire->lf, 1);

		end = copy_block(end, block, part, dots |
		    (lf & ~shifted(cr, wire->cr, 1)));
		wire->lf = lf << (BLOCK - part);
		wire->cr = cr << (BLOCK - part);
	}
	return (size_t)(end - to);
}

/* --- the loops, for each kind of processor ------------------------------- */

#define TARGET_portable
#define TARGET_sse2
#define TARGET_avx2 AVX2

#define LOOPS(kind) \
TARGET_##kind static size_t \
until_after_empty_##kind(const char *at, size_t length, char octet, \
    size_t *bare) \
{ \
	return until_after_empty(mask_##kind, has_##kind, at, length, octet, \
	    bare); \
} \
\
TARGET_##kind static size_t \
until_start_##kind(const char *at, size_t length, const bool set[256], \
    size_t *bare) \
{ \
	return until_start(mask_##kind, at, length, set, bare); \
} \
\
TARGET_##kind static size_t \
to_wire_##kind(struct lines_wire *wire, char *to, const char *from, \
    size_t length) \
{ \
	return to_wire(mask_##kind, wire, to, from, length); \
}

#ifdef __x86_64__
LOOPS(sse2)
LOOPS(avx2)
#define CHOOSE(name) (processor_has_avx2() ? name##_avx2 : name##_sse2)
#else
LOOPS(portable)
#define CHOOSE(name) name##_portable
#endif

size_t
lines_until_after_empty(const char *at, size_t length, char octet,
    size_t *bare)
{
	return CHOOSE(until_after_empty)(at, length, octet, bare);
}

size_t
lines_until_start(const char *at, size_t length, const bool set[256],
    size_t *bare)
{
	return CHOOSE(until_start)(at, length, set, bare);
}

struct lines_wire
lines_wire(void)
{
	return (struct lines_wire){ .lf = LAST_BIT };
}

bool
lines_wire_is_open(const struct lines_wire *wire)
{
	return (wire->lf & LAST_BIT) == 0;
}

size_t
lines_to_wire(struct lines_wire *wire, char *to, const char *from,
    size_t length)
{
	return CHOOSE(to_wire)(wire, to, from, length);
}
