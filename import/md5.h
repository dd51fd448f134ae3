/* MD5, as other servers made unique ids with it. */
#ifndef IMPORT_MD5_H
#define IMPORT_MD5_H

#include <md5.h>
#include <stddef.h>

#include "base/strbuf.h"

struct import_md5 {
	MD5_CTX state;
};

void import_md5_begin(struct import_md5 *);
void import_md5_add(struct import_md5 *, const char *data, size_t length);
void import_md5_end(struct import_md5 *, uint8_t digest[MD5_DIGEST_LENGTH]);

/* Ends, and appends 32 hexadecimal digits. */
void import_md5_show(struct import_md5 *, struct strbuf *);

#endif
