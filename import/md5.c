#include "import/md5.h"

void
import_md5_begin(struct import_md5 *md5)
{
	MD5Init(&md5->state);
}

void
import_md5_add(struct import_md5 *md5, const char *data, size_t length)
{
	MD5Update(&md5->state, (const uint8_t *)data, length);
}

void
import_md5_end(struct import_md5 *md5, uint8_t digest[MD5_DIGEST_LENGTH])
{
	MD5Final(digest, &md5->state);
}

void
import_md5_show(struct import_md5 *md5, struct strbuf *text)
{
	uint8_t digest[MD5_DIGEST_LENGTH];

	import_md5_end(md5, digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		strbuf_format(text, "%02x", digest[i]);
}
