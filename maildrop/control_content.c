#include "maildrop/control_content.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/fd.h"
#include "base/log.h"

#define CONTENT_MAX (64 << 20)

/* "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n", the digest of what follows. */
#define SEAL_LENGTH 33

static void
seal(const char *content, size_t length, char at[SEAL_LENGTH + 1])
{
	struct digest digest = digest_of(content, length);

	snprintf(at, SEAL_LENGTH + 1, "%016" PRIx64 "%016" PRIx64 "\n",
	    digest.high, digest.low);
}

char *
control_content_read(int fd, size_t *length)
{
	char expected[SEAL_LENGTH + 1];
	size_t all;
	char *content = fd_read_file(fd, CONTENT_MAX, &all);

	if (content == NULL)
		return NULL;
	if (all < SEAL_LENGTH)
		goto damaged;
	seal(content + SEAL_LENGTH, all - SEAL_LENGTH, expected);
	if (memcmp(content, expected, SEAL_LENGTH) != 0)
		goto damaged;
	*length = all - SEAL_LENGTH;
	memmove(content, content + SEAL_LENGTH, *length + 1);
	return content;
damaged:
	free(content);
	return NULL;
}

bool
control_content_write(int fd, const char *content, size_t length)
{
	char line[SEAL_LENGTH + 1];

	seal(content, length, line);
	if (fd_truncate(fd, 0) &&
	    fd_write_at(fd, line, SEAL_LENGTH, 0) &&
	    fd_write_at(fd, content, length, SEAL_LENGTH))
		return true;
	log_note(LOG_WARNING, "cannot note which of equal messages is which: "
	    "%s; their unique ids may change", strerror(errno));
	return false;
}
