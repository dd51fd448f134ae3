/* Preloaded into the handler: between its two looks at a dotlock, the opening
 * and the first fstatat, an agent breaks that one and takes one of its own. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int
fstatat64(int directory, const char *name, struct stat64 *status, int flags)
{
	int (*real)(int, const char *, struct stat64 *, int) =
	    (int (*)(int, const char *, struct stat64 *, int))dlsym(RTLD_NEXT,
	    "fstatat64");
	size_t length = strlen(name);
	static bool done;
	int fd;

	if (!done && length > 5 && strcmp(name + length - 5, ".lock") == 0) {
		done = true;
		unlinkat(directory, name, 0);
		fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL, 0644);
		(void)!write(fd, "agent\n", 6);
		close(fd);
	}
	return real(directory, name, status, flags);
}

int
fstatat(int directory, const char *name, struct stat *status, int flags)
{
	return fstatat64(directory, name, (struct stat64 *)status, flags);
}
