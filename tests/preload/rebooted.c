/* Preloaded into the handler: the machine has just booted. $REBOOTED says more:
 * "jumped", the clock was set since, by days; "private", so it was, by an hour,
 * and /sys is a service's own, of a moment ago; "shared", the mailbox is on a
 * file system that other machines have, too. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

static int
is_so(const char *what)
{
	const char *how = getenv("REBOOTED");

	return how != NULL && strcmp(how, what) == 0;
}

int
clock_gettime(clockid_t clock, struct timespec *now)
{
	int result = (int)syscall(SYS_clock_gettime, clock, now);

	if (clock == CLOCK_BOOTTIME)
		*now = (struct timespec){ is_so("private") ? 3500 : 0, 1 };
	if (clock == CLOCK_REALTIME && is_so("private"))
		now->tv_sec += 3600;
	return result;
}

int
stat64(const char *path, struct stat64 *status)
{
	int (*real)(const char *, struct stat64 *) =
	    (int (*)(const char *, struct stat64 *))dlsym(RTLD_NEXT, "stat64");
	int result = real(path, status);

	if (result == 0 && strcmp(path, "/sys") == 0)
		clock_gettime(CLOCK_REALTIME, &status->st_mtim);
	if (is_so("jumped"))
		status->st_mtim.tv_sec -= 864000;
	return result;
}

int
stat(const char *path, struct stat *status)
{
	return stat64(path, (struct stat64 *)status);
}

int
fstatfs64(int fd, struct statfs64 *status)
{
	int (*real)(int, struct statfs64 *) =
	    (int (*)(int, struct statfs64 *))dlsym(RTLD_NEXT, "fstatfs64");
	int result = real(fd, status);

	if (is_so("shared"))
		status->f_type = NFS_SUPER_MAGIC;
	return result;
}

int
fstatfs(int fd, struct statfs *status)
{
	return fstatfs64(fd, (struct statfs64 *)status);
}
