/* Preloaded into the handler: another program cuts a file while it is looked
 * at. $CUT says which: the mailbox, right after its first large piece was read;
 * or its index, right after it was mapped. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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

ssize_t
pread64(int fd, void *at, size_t length, off64_t offset)
{
	ssize_t n = syscall(SYS_pread64, fd, at, length, offset);

	if (length > LARGE && is_to_be_cut("mailbox", fd))
		(void)!ftruncate(fd, 4096);
	return n;
}

ssize_t
__pread64_chk(int fd, void *at, size_t length, off64_t offset, size_t room)
{
	(void)room;
	return pread64(fd, at, length, offset);
}

/* The index goes to a place that is chosen for it. */
void *
mmap64(void *at, size_t length, int protection, int flags, int fd,
    off64_t offset)
{
	long mapped = syscall(SYS_mmap, at, length, protection, flags, fd,
	    offset);

	if (mapped != -1 && (flags & MAP_FIXED) != 0 &&
	    is_to_be_cut("index", fd))
		(void)!ftruncate(fd, 4096);
	return (void *)mapped;
}

void *
mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset)
{
	return mmap64(at, length, protection, flags, fd, offset);
}
