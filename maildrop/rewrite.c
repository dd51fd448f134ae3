#include "maildrop/rewrite.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/fd.h"

#define COPY_SIZE (1 << 20)

uint64_t
rewrite_length(const struct rewrite *rewrite)
{
	uint64_t length = rewrite->start;

	for (size_t i = 0; i < rewrite->count; i++)
		length += rewrite->ranges[i].length;
	return length;
}

static bool
move(int fd, const struct rewrite_range *range, uint64_t to, char *buffer)
{
	for (uint64_t done = 0; done < range->length;) {
		uint64_t left = range->length - done;
		size_t part = left < COPY_SIZE ? (size_t)left : COPY_SIZE;
		ssize_t n = fd_read_at(fd, buffer, part, range->from + done);

		if (n == -1)
			return false;
		if ((size_t)n != part) {
			errno = EIO;	/* truncated under our lock */
			return false;
		}
		if (!fd_write_at(fd, buffer, part, to + done))
			return false;
		done += part;
	}
	return true;
}

static bool
move_all(int fd, const struct rewrite *rewrite)
{
	char *buffer = rewrite->count == 0 ? NULL : malloc(COPY_SIZE);
	uint64_t to = rewrite->start;
	bool moved = rewrite->count == 0 || buffer != NULL;

	for (size_t i = 0; moved && i < rewrite->count; i++) {
		moved = move(fd, &rewrite->ranges[i], to, buffer);
		to += rewrite->ranges[i].length;
	}
	free(buffer);
	return moved;
}

bool
rewrite_run(int fd, const struct rewrite *rewrite)
{
	return move_all(fd, rewrite) && fdatasync(fd) == 0 &&
	    ftruncate(fd, (off_t)rewrite_length(rewrite)) == 0 &&
	    fsync(fd) == 0;
}
