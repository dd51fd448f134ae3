#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/falloc.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/strbuf.h"

bool
fd_open_standard(void)
{
	/* the lowest that is not open is the next to be */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) == -1 &&
		    open("/dev/null", O_RDWR) == -1)
			return false;
	return true;
}

/* Makes the directory, and those above it, for us alone. */
static int
open_directory(const char *path)
{
	char part[PATH_MAX];
	struct strbuf text = strbuf_init(part, sizeof(part));
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd != -1 || errno != ENOENT)
		return fd;
	for (const char *at = path; *at != '\0'; at++) {
		if (*at == '/' && at > path)
			mkdir(part, 0700);
		strbuf_add(&text, at, 1);
	}
	mkdir(part, 0700);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

bool
fd_is_private(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && status.st_uid == geteuid() &&
	    (status.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

int
fd_open_private(const char *path)
{
	int fd = open_directory(path);

	if (fd != -1 && !fd_is_private(fd)) {
		close(fd);
		errno = EACCES;
		fd = -1;
	}
	return fd;
}

void *
fd_buffer(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return aligned_alloc(page, (size + page - 1) / page * page);
}

ssize_t
fd_read_at(int fd, void *buffer, size_t length, uint64_t offset)
{
	size_t done = 0;

	while (done < length) {
		ssize_t n = pread(fd, (char *)buffer + done, length - done,
		    (off_t)(offset + done));
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

bool
fd_write_at(int fd, const void *buffer, size_t length, uint64_t offset)
{
	size_t done = 0;

	while (done < length) {
		ssize_t n = pwrite(fd, (const char *)buffer + done,
		    length - done, (off_t)(offset + done));
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return false;
		done += (size_t)n;
	}
	return true;
}

bool
fd_sync_data(int fd)
{
	int result;

	do
		result = fdatasync(fd);
	while (result == -1 && errno == EINTR);
	return result == 0;
}

bool
fd_sync(int fd)
{
	int result;

	do
		result = fsync(fd);
	while (result == -1 && errno == EINTR);
	return result == 0;
}

bool
fd_truncate(int fd, uint64_t length)
{
	int result;

	do
		result = ftruncate(fd, (off_t)length);
	while (result == -1 && errno == EINTR);
	return result == 0;
}

static bool
allocate(int fd, int mode, uint64_t offset, uint64_t length)
{
	int result;

	do
		result = fallocate(fd, mode | FALLOC_FL_KEEP_SIZE,
		    (off_t)offset, (off_t)length);
	while (result == -1 && errno == EINTR);
	/* EPERM: a container's filter */
	return result == 0 || errno == EOPNOTSUPP || errno == ENOSYS ||
	    errno == EPERM;
}

/* Whether the range is all in the file, and the file has no hole. */
static bool
has_room(int fd, uint64_t end)
{
	struct stat status;

	return fstat(fd, &status) == 0 && end <= (uint64_t)status.st_size &&
	    (uint64_t)status.st_blocks * 512 >= (uint64_t)status.st_size;
}

bool
fd_take_room(int fd, uint64_t offset, uint64_t length)
{
	return allocate(fd, FALLOC_FL_UNSHARE_RANGE, offset, length) &&
	    (has_room(fd, offset + length) || allocate(fd, 0, offset, length));
}

bool
fd_give_room(int fd, uint64_t offset, uint64_t length)
{
	return length == 0 ||
	    allocate(fd, FALLOC_FL_PUNCH_HOLE, offset, length);
}

bool
fd_writes_elsewhere(int fd)
{
	struct statfs system;

	if (fstatfs(fd, &system) == -1)
		return false;
	switch ((uint32_t)system.f_type) {
	case BTRFS_SUPER_MAGIC:
	case 0xca451a4e:	/* bcachefs */
	case 0x2fc12fc1:	/* ZFS */
		return true;
	default:
		return false;
	}
}

static bool
set_lock(int fd, short type)
{
	struct flock whole = { .l_type = type, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_SETLK, &whole) == 0;
}

bool
fd_lock(int fd)
{
	if (set_lock(fd, F_WRLCK))
		return true;
	if (errno == EACCES)
		errno = EAGAIN;
	return false;
}

void
fd_unlock(int fd)
{
	set_lock(fd, F_UNLCK);
}

char *
fd_read_file(int fd, size_t limit, size_t *length)
{
	struct stat status;
	char *contents;
	ssize_t n;

	if (fstat(fd, &status) == -1)
		return NULL;
	if (status.st_size < 0 || (uint64_t)status.st_size > limit) {
		errno = EFBIG;
		return NULL;
	}
	contents = malloc((size_t)status.st_size + 1);
	if (contents == NULL)
		return NULL;
	n = fd_read_at(fd, contents, (size_t)status.st_size, 0);
	if (n == -1) {
		free(contents);
		return NULL;
	}
	contents[n] = '\0';
	*length = (size_t)n;
	return contents;
}
