/* Preloaded into the handler: a file system without nameless files. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>

static int
open_at(const char *name, int directory, const char *path, int flags,
    mode_t mode)
{
	int (*real)(int, const char *, int, ...) =
	    (int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, name);

	if ((flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return real(directory, path, flags, mode);
}

#define OPENAT(name)							\
int name(int, const char *, int, ...);					\
int									\
name(int directory, const char *path, int flags, ...)			\
{									\
	va_list list;							\
	mode_t mode;							\
									\
	va_start(list, flags);						\
	mode = va_arg(list, mode_t);					\
	va_end(list);							\
	return open_at(#name, directory, path, flags, mode);		\
}

OPENAT(openat)
OPENAT(openat64)
