/* Preloaded into the handler: it dies as soon as it has its $DIE_AT-th
 * dotlock. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

int
linkat(int from, const char *path, int to, const char *name, int flags)
{
	int (*real)(int, const char *, int, const char *, int) =
	    (int (*)(int, const char *, int, const char *, int))dlsym(
	    RTLD_NEXT, "linkat");
	const char *which = getenv("DIE_AT");
	size_t length = strlen(name);
	static int count;
	int result = real(from, path, to, name, flags);

	if (result == 0 && length > 5 &&
	    strcmp(name + length - 5, ".lock") == 0 && which != NULL &&
	    ++count == atoi(which))
		__builtin_trap();
	return result;
}
