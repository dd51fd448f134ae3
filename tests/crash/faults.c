/*
 * Preloaded into the handler: counts its calls that change what is on the disk
 * and, at the N-th, kills it, lets the call fail, or stops it; or records them.
 *
 *	FAULT_ARM	"quit": counts from the moment the client's QUIT was
 *			read; "start": from the beginning
 *	FAULT_KINDS	the kinds of calls that count, as letters:
 *			w write, t ftruncate, s fsync and fdatasync, c open
 *			that creates, a posix_fallocate, f fallocate that
			keeps the size, h sync_file_range,
 *			l fcntl and flock locks, k linkat and symlinkat,
 *			u unlinkat, n renameat, r reads of the files told below
 *	FAULT_AT	N, from 1
 *	FAULT_DO	at the N-th call: "kill" before it, "kill-after" it,
 *			"tear-half" or "tear-sector" (inside a write), "stop",
 *			"short" (half of it is done), or an errno as a number
 *	FAULT_LASTS	if set, from the N-th on always
 *	FAULT_RECORD	a file to which each call is appended, with its data
 *			(struct record), if its kind is among
 *	FAULT_RECORDS
 *	FAULT_SPOOL, FAULT_STATE	the mailbox; the state directory
 *	FAULT_DIED	a file to which an octet is written before a process is
 *			killed, if it can be opened at the start
 *
 * Descriptors 0 to 2 are left alone. The system call filter is left out, which
 * would refuse what is done here.
 */
#define _GNU_SOURCE
#define _LARGEFILE64_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define SECTOR 512

#define REAL(name) \
	((__typeof__(&name))next(#name))

enum deed { NOTHING, KILL, KILL_AFTER, TEAR_HALF, TEAR_SECTOR, STOP, SHORT,
	FAIL };

/* One counted call, before its data. */
struct record {
	char kind, file;	/* s spool, j redo log, u state, d state
				   directory, o another */
	uint16_t unused;
	int32_t error;		/* 0, or its errno */
	uint64_t offset, length;
	uint64_t data;		/* how many octets of data follow */
};

struct call {
	char kind;
	int fd;
	const void *data;
	uint64_t offset, length;
	bool dies;		/* once it was done */
};

static struct {
	bool armed;
	const char *kinds, *records, *spool, *state;
	enum deed deed;
	int error;
	bool lasts;
	unsigned long at, count;
	int record, died;
} fault = { .record = -1, .died = -1, .kinds = "", .records = "" };

static void *
next(const char *name)
{
	void *real = dlsym(RTLD_NEXT, name);

	if (real == NULL)
		abort();
	return real;
}

static const char *
setting(const char *name)
{
	const char *value = getenv(name);

	return value == NULL ? "" : value;
}

static enum deed
deed_of(const char *name)
{
	static const char *const names[] = {
		"", "kill", "kill-after", "tear-half", "tear-sector", "stop",
		"short",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return (enum deed)i;
	return FAIL;
}

/* A descriptor that is in nobody's way; -1 if it cannot be opened, or has no
 * name. */
static int
open_apart(const char *path)
{
	int fd = path[0] == '\0' ? -1 : REAL(open64)(path, O_WRONLY |
	    O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	int apart = REAL(fcntl64)(fd, F_DUPFD_CLOEXEC, 500);

	if (fd != -1)
		close(fd);
	return apart;
}

__attribute__((constructor))
static void
begin(void)
{
	const char *record = setting("FAULT_RECORD");

	fault.kinds = setting("FAULT_KINDS");
	fault.records = setting("FAULT_RECORDS");
	fault.spool = setting("FAULT_SPOOL");
	fault.state = setting("FAULT_STATE");
	fault.at = strtoul(setting("FAULT_AT"), NULL, 10);
	fault.deed = deed_of(setting("FAULT_DO"));
	fault.error = atoi(setting("FAULT_DO"));
	fault.lasts = setting("FAULT_LASTS")[0] != '\0';
	fault.armed = strcmp(setting("FAULT_ARM"), "start") == 0;
	fault.died = open_apart(setting("FAULT_DIED"));
	fault.record = open_apart(record);
	if (record[0] != '\0' && fault.record == -1)
		abort();
}

/* --- what a call is about ------------------------------------------------- */

static char
file_of(int fd)
{
	static const char redo_log[] = "%journal";
	char link[64], path[PATH_MAX];
	size_t state = strlen(fault.state), end = sizeof(redo_log) - 1;
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	if (length == -1)
		return 'o';
	path[length] = '\0';
	if (strcmp(path, fault.spool) == 0)
		return 's';
	if (strcmp(path, fault.state) == 0)
		return 'd';
	if (strncmp(path, fault.state, state) != 0 || path[state] != '/')
		return 'o';
	return (size_t)length > end &&
	    strcmp(path + length - end, redo_log) == 0 ? 'j' : 'u';
}

static bool
is_among(const struct call *call, const char *kinds)
{
	return fault.armed && strchr(kinds, call->kind) != NULL &&
	    (call->fd < 0 || call->fd > STDERR_FILENO) &&
	    (call->kind != 'r' || file_of(call->fd) != 'o');
}

static void
put_record(const void *data, size_t length)
{
	if (REAL(write)(fault.record, data, length) != (ssize_t)length)
		abort();
}

static void
die(void)
{
	if (fault.died != -1 && REAL(write)(fault.died, "", 1) != 1)
		abort();
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}

/* --- before and after it -------------------------------------------------- */

/* How much of a write is done, if it is torn. */
static uint64_t
torn(const struct call *call)
{
	uint64_t half = call->length / 2;
	uint64_t whole = SECTOR - call->offset % SECTOR;

	if (fault.deed == TEAR_SECTOR && whole < call->length)
		return whole + (half > whole ? (half - whole) / SECTOR * SECTOR
		    : 0);
	return half;
}

static bool
is_data(char kind)
{
	return kind == 'w' || kind == 'r';
}

/* Counts the call and does to it what is due. Returns false with errno if it
 * fails; may shorten it. */
static bool
before(struct call *call)
{
	bool due;

	call->dies = false;
	if (!is_among(call, fault.kinds))
		return true;
	fault.count++;
	due = fault.at > 0 && (fault.count == fault.at ||
	    (fault.lasts && fault.count > fault.at));
	if (!due)
		return true;
	switch (fault.deed) {
	case NOTHING:
		break;
	case KILL:
		die();
		break;
	case KILL_AFTER:
		call->dies = true;
		break;
	case TEAR_HALF:
	case TEAR_SECTOR:
		call->dies = true;
		if (is_data(call->kind))
			call->length = torn(call);
		break;
	case STOP:
		kill(getpid(), SIGSTOP);
		break;
	case SHORT:
		if (is_data(call->kind) && call->length > 1)
			call->length /= 2;
		break;
	case FAIL:
		errno = fault.error;
		return false;
	}
	return true;
}

/* Records the call, and how it went. */
static void
after(const struct call *call, int error, uint64_t done)
{
	struct record record = {
		.kind = call->kind,
		.error = error,
		.offset = call->offset,
		.length = done,
	};

	if (fault.record != -1 && is_among(call, fault.records)) {
		record.file = call->fd < 0 ? 'o' : file_of(call->fd);
		record.data = call->kind == 'w' && record.file != 'o' &&
		    error == 0 ? done : 0;
		put_record(&record, sizeof(record));
		put_record(call->data, record.data);
	}
	if (call->dies)
		die();
	errno = error;
}

/* For calls that have nothing but a descriptor and a result of 0 or -1. */
#define PLAIN(call_, real_) do {					\
	struct call call = call_;					\
	int result = -1;						\
									\
	if (before(&call))						\
		result = real_;						\
	after(&call, result == -1 ? errno : 0, call.length);		\
	return result;							\
} while (0)

#define CALL(...) ((struct call){ __VA_ARGS__ })

/* --- the filter ----------------------------------------------------------- */

int
prctl(int option, ...)
{
	unsigned long arguments[4];
	va_list list;

	va_start(list, option);
	for (int i = 0; i < 4; i++)
		arguments[i] = va_arg(list, unsigned long);
	va_end(list);
	if (option == PR_SET_SECCOMP)
		return 0;
	return REAL(prctl)(option, arguments[0], arguments[1], arguments[2],
	    arguments[3]);
}

/* --- reads and writes ----------------------------------------------------- */

/* A child of a listener has its client elsewhere. */
static bool
is_client(int fd)
{
	struct stat status;

	return fd == STDIN_FILENO || (fstat(fd, &status) == 0 &&
	    S_ISSOCK(status.st_mode));
}

/* The client's QUIT arms us. */
static void
look(int fd, const char *at, ssize_t length)
{
	int error = errno;

	if (!fault.armed && length > 0 && is_client(fd) &&
	    memmem(at, (size_t)length, "QUIT\r\n", 6) != NULL)
		fault.armed |= strcmp(setting("FAULT_ARM"), "quit") == 0;
	errno = error;
}

ssize_t
read(int fd, void *at, size_t length)
{
	ssize_t n = REAL(read)(fd, at, length);

	look(fd, at, n);
	return n;
}

ssize_t __read_chk(int, void *, size_t, size_t);

ssize_t
__read_chk(int fd, void *at, size_t length, size_t room)
{
	if (length > room)
		abort();
	return read(fd, at, length);
}

ssize_t
pread64(int fd, void *at, size_t length, off64_t offset)
{
	struct call call = CALL('r', fd, NULL, (uint64_t)offset, length,
	    false);
	ssize_t n = -1;

	if (before(&call))
		n = REAL(pread64)(fd, at, call.length, offset);
	after(&call, n == -1 ? errno : 0, n == -1 ? 0 : (uint64_t)n);
	return n;
}

ssize_t
pread(int fd, void *at, size_t length, off_t offset)
{
	return pread64(fd, at, length, offset);
}

ssize_t __pread64_chk(int, void *, size_t, off64_t, size_t);

ssize_t
__pread64_chk(int fd, void *at, size_t length, off64_t offset, size_t room)
{
	if (length > room)
		abort();
	return pread64(fd, at, length, offset);
}

ssize_t
pwrite64(int fd, const void *data, size_t length, off64_t offset)
{
	struct call call = CALL('w', fd, data, (uint64_t)offset, length,
	    false);
	ssize_t n = -1;

	if (before(&call))
		n = REAL(pwrite64)(fd, data, call.length, offset);
	after(&call, n == -1 ? errno : 0, n == -1 ? 0 : (uint64_t)n);
	return n;
}

ssize_t
pwrite(int fd, const void *data, size_t length, off_t offset)
{
	return pwrite64(fd, data, length, offset);
}

/* Of files only; where it writes is the file's own offset. */
ssize_t
write(int fd, const void *data, size_t length)
{
	off_t offset = fd > STDERR_FILENO ? lseek(fd, 0, SEEK_CUR) : -1;
	struct call call = CALL('w', fd, data, (uint64_t)offset, length,
	    false);
	ssize_t n = -1;

	if (offset == -1)
		return REAL(write)(fd, data, length);
	if (before(&call))
		n = REAL(write)(fd, data, call.length);
	after(&call, n == -1 ? errno : 0, n == -1 ? 0 : (uint64_t)n);
	return n;
}

/* --- sizes and syncs ------------------------------------------------------ */

int
ftruncate64(int fd, off64_t length)
{
	PLAIN(CALL('t', fd, NULL, (uint64_t)length),
	    REAL(ftruncate64)(fd, length));
}

int
ftruncate(int fd, off_t length)
{
	return ftruncate64(fd, length);
}

int
posix_fallocate64(int fd, off64_t offset, off64_t length)
{
	struct call call = CALL('a', fd, NULL, (uint64_t)offset,
	    (uint64_t)length);
	int saved = errno, error = 0;

	if (before(&call))
		error = REAL(posix_fallocate64)(fd, offset, length);
	else
		error = errno;
	after(&call, error, (uint64_t)length);
	errno = saved;
	return error;
}

int
posix_fallocate(int fd, off_t offset, off_t length)
{
	return posix_fallocate64(fd, offset, length);
}

int
fallocate64(int fd, int mode, off64_t offset, off64_t length)
{
	PLAIN(CALL('f', fd, NULL, (uint64_t)offset, (uint64_t)length),
	    REAL(fallocate64)(fd, mode, offset, length));
}

int
fallocate(int fd, int mode, off_t offset, off_t length)
{
	return fallocate64(fd, mode, offset, length);
}

int
fsync(int fd)
{
	PLAIN(CALL('s', fd), REAL(fsync)(fd));
}

int
fdatasync(int fd)
{
	PLAIN(CALL('s', fd), REAL(fdatasync)(fd));
}

int
sync_file_range(int fd, off64_t offset, off64_t length, unsigned flags)
{
	PLAIN(CALL('h', fd, NULL, (uint64_t)offset, (uint64_t)length),
	    REAL(sync_file_range)(fd, offset, length, flags));
}

/* --- names ---------------------------------------------------------------- */

int
openat64(int directory, const char *path, int flags, ...)
{
	bool creates = (flags & O_CREAT) != 0 ||
	    (flags & O_TMPFILE) == O_TMPFILE;
	struct call call = CALL('c', -1);
	mode_t mode = 0;
	va_list arguments;
	int fd = -1;

	if (!creates)
		return REAL(openat64)(directory, path, flags);
	va_start(arguments, flags);
	mode = va_arg(arguments, mode_t);
	va_end(arguments);
	if (before(&call))
		fd = REAL(openat64)(directory, path, flags, mode);
	call.fd = fd;
	after(&call, fd == -1 ? errno : 0, 0);
	return fd;
}

int
linkat(int from, const char *path, int to, const char *name, int flags)
{
	PLAIN(CALL('k', -1), REAL(linkat)(from, path, to, name, flags));
}

int
symlinkat(const char *target, int directory, const char *name)
{
	PLAIN(CALL('k', -1), REAL(symlinkat)(target, directory, name));
}

int
unlinkat(int directory, const char *name, int flags)
{
	PLAIN(CALL('u', -1), REAL(unlinkat)(directory, name, flags));
}

int
renameat(int from, const char *path, int to, const char *name)
{
	PLAIN(CALL('n', -1), REAL(renameat)(from, path, to, name));
}

/* --- locks ---------------------------------------------------------------- */

int
flock(int fd, int operation)
{
	PLAIN(CALL('l', fd), REAL(flock)(fd, operation));
}

int
fcntl64(int fd, int command, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, command);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (command != F_SETLK && command != F_SETLKW &&
	    command != F_OFD_SETLK && command != F_OFD_SETLKW)
		return REAL(fcntl64)(fd, command, argument);
	PLAIN(CALL('l', fd), REAL(fcntl64)(fd, command, argument));
}

int
fcntl(int fd, int command, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, command);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	return fcntl64(fd, command, argument);
}
