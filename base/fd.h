/*
 * Whole transfers over file descriptors: a short count or EINTR from the
 * kernel is not the caller's business. For files; a peer that can stall is
 * met through connection/, with deadlines.
 */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Makes sure that descriptors 0, 1 and 2 are open, on /dev/null at worst, so
 * that no file opened later is mistaken for the client. False with errno. */
bool fd_open_standard(void);

/* Opens a directory of ours that nobody else may enter, and makes it, and
 * those above it, if it is not there. -1 with errno, which is EACCES if others
 * may enter. */
int fd_open_private(const char *path);

/* Whether a file or directory is ours and nobody else can use it. */
bool fd_is_private(int fd);

/* Memory to read large pieces into, to be freed; NULL if there is none. It
 * begins with a page: the kernel copies there two to three times as fast. */
void *fd_buffer(size_t size);

/* Reads until `length` octets or the end of file. The number read, which is
 * smaller only at the end of file; -1 with errno. */
ssize_t fd_read_at(int fd, void *buffer, size_t length, uint64_t offset);

/* Writes all of it, or returns false with errno. */
bool fd_write_at(int fd, const void *buffer, size_t length, uint64_t offset);

/* fdatasync(2) or, with the file's times, fsync(2); ftruncate(2). False with
 * errno, which is not EINTR. */
bool fd_sync_data(int fd);
bool fd_sync(int fd);
bool fd_truncate(int fd, uint64_t length);

/*
 * Takes the disk space for `length` octets of the file from `offset` on, which
 * are to be written or written over: there may be holes, or blocks that a copy
 * shares. The file's size stays. False with errno; true where the file system
 * cannot be asked.
 */
bool fd_take_room(int fd, uint64_t offset, uint64_t length);

/* Gives the disk space of a range back; what it held is lost. */
bool fd_give_room(int fd, uint64_t offset, uint64_t length);

/* Whether the file system writes to another place what is written over, and so
 * needs new room for it each time. */
bool fd_writes_elsewhere(int fd);

/* Locks the whole file, however it grows, for writing, or unlocks it. The lock
 * is of the open file and not of the process: to close another descriptor of
 * the file does not drop it. Never waits: false with errno, which is EAGAIN if
 * another has it. */
bool fd_lock(int fd);
void fd_unlock(int fd);

/* Reads a whole file of at most `limit` octets. An allocated, NUL-terminated
 * copy that the caller frees, its length in *length; NULL with errno (EFBIG
 * over the limit). */
char *fd_read_file(int fd, size_t limit, size_t *length);

#endif
