/*
 * Strings that are built in an array of the caller's, of a fixed size.
 *
 * Appending past its end keeps what fits and the terminating NUL, and sets
 * `truncated`, which never goes back: build the whole string, then ask once.
 */
#ifndef BASE_STRBUF_H
#define BASE_STRBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strbuf {
	char *at;
	size_t size;
	size_t length;
	bool truncated;
};

/* An empty string over `size` bytes at `at`; size is at least 1. */
struct strbuf strbuf_init(char *at, size_t size);

/* All append; none fails (see `truncated`). Numbers are in decimal, words of 64
 * bits in 16 hexadecimal digits: lists of many are not left to printf. */
void strbuf_add(struct strbuf *, const char *data, size_t length);
void strbuf_add_number(struct strbuf *, uint64_t);
void strbuf_add_hex(struct strbuf *, uint64_t);
void strbuf_format(struct strbuf *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
