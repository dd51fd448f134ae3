/* Base64 as RFC 4648 section 4 writes it, and no other way (pure). */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Decodes `length` characters into `size` octets. Each text has one form:
 * whole groups of four, padded, bits that mean nothing are 0, nothing in
 * between. Returns false otherwise, or if there is no room; `data` then
 * holds some of them, which the caller wipes if they are a secret.
 */
bool base64_decode(const char *text, size_t length, char *data, size_t size,
    size_t *decoded);

#endif
