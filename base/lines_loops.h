/* The loops of lines.c, which includes this once for each kind of processor:
 * TARGET is the kind, NAME(x) what x is called there. */

TARGET static size_t
NAME(until_after_empty)(const char *at, size_t length, char octet,
    size_t *bare)
{
	uint64_t lf_before = LAST_BIT, cr_before = 0, empty_before = 0;
	char copy[2 * BLOCK];

	for (size_t done = 0; done < length; done += BLOCK) {
		const char *block = whole_block(at + done, length - done, copy);
		uint64_t lf = NAME(mask)(block, '\n');
		uint64_t cr = NAME(mask)(block, '\r');
		uint64_t bare_lf = lf & ~shifted(cr, cr_before, 1);
		/* the LFs of empty lines, which are rare */
		uint64_t empty = lf & (shifted(lf, lf_before, 1) |
		    (shifted(cr, cr_before, 1) & shifted(lf, lf_before, 2)));
		uint64_t found = shifted(empty, empty_before, 1);

		if (found != 0)
			found &= NAME(mask)(block, octet);
		if (found != 0) {
			/* those below the lowest bit */
			*bare += (size_t)__builtin_popcountll(bare_lf &
			    (found - 1) & ~found);
			return done + (size_t)__builtin_ctzll(found);
		}
		*bare += (size_t)__builtin_popcountll(bare_lf);
		lf_before = lf;
		cr_before = cr;
		empty_before = empty;
	}
	return length;
}

TARGET static size_t
NAME(until_start)(const char *at, size_t length, const bool set[256],
    size_t *bare)
{
	uint64_t lf_before = LAST_BIT, cr_before = 0;
	char copy[2 * BLOCK];

	for (size_t done = 0; done < length; done += BLOCK) {
		const char *block = whole_block(at + done, length - done, copy);
		uint64_t lf = NAME(mask)(block, '\n');
		uint64_t cr = NAME(mask)(block, '\r');
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
TARGET static inline char *
NAME(copy_block)(char *to, const char *block, size_t length, uint64_t wants)
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

TARGET static size_t
NAME(to_wire)(struct lines_wire *wire, char *to, const char *from,
    size_t length)
{
	char copy[2 * BLOCK], *end = to;

	for (size_t done = 0; done < length; done += BLOCK) {
		size_t part = smaller(length - done, BLOCK);
		const char *block = whole_block(from + done, length - done,
		    copy);
		uint64_t lf = NAME(mask)(block, '\n');
		uint64_t cr = NAME(mask)(block, '\r');
		uint64_t dots = NAME(mask)(block, '.') &
		    shifted(lf, wire->lf, 1);

		end = NAME(copy_block)(end, block, part, dots |
		    (lf & ~shifted(cr, wire->cr, 1)));
		wire->lf = lf << (BLOCK - part);
		wire->cr = cr << (BLOCK - part);
	}
	return (size_t)(end - to);
}
