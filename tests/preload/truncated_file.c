/* Preloaded into the handler: another program cuts a file while it is looked
 * at. $CUT says which: the mailbox, right after its first large piece was read;
 * or its index, right after its header was. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LARGE ((size_t)200000)

static int
is_to_be_cut(const char *what, int fd)
{
	const char *wanted = getenv("CUT");

	return fd != -1 && wanted != NULL && strcmp(wanted, what) == 0 &&
	    (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR;
}

static int
is_index(const char *at, ssize_t length)
{
	return length > 48 && memmem(at, 48, " index ", 7) != NULL;
}

ssize_t
pread64(int fd, void *at, size_t length, off64_t offset)
{
	ssize_t n = syscall(SYS_pread64, fd, at, length, offset);

	if ((length > LARGE && is_to_be_cut("mailbox", fd)) ||
	    (is_index(at, n) && is_to_be_cut("index", fd)))
		(void)!ftruncate(fd, 4096);
	return n;
}

ssize_t
__pread64_chk(int fd, void *at, size_t length, off64_t offset, size_t room)
{
	(void)room;
	return pread64(fd, at, length, offset);
}
