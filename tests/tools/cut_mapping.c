/* Preloaded into the handler: another program cuts a file right after it was
 * mapped. $CUT says which: the mailbox, or its index. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The index goes to a place that is chosen for it. */
static int
is_to_be_cut(int fd, int flags)
{
	const char *what = getenv("CUT");

	return fd != -1 && what != NULL &&
	    (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR &&
	    ((flags & MAP_FIXED) != 0) == (strcmp(what, "index") == 0);
}

void *
mmap64(void *at, size_t length, int protection, int flags, int fd,
    off64_t offset)
{
	long mapped = syscall(SYS_mmap, at, length, protection, flags, fd,
	    offset);

	if (mapped != -1 && is_to_be_cut(fd, flags))
		(void)!ftruncate(fd, 4096);
	return (void *)mapped;
}

void *
mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset)
{
	return mmap64(at, length, protection, flags, fd, offset);
}
