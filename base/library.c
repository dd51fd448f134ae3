#include "base/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>

void *
library_open(const char *name)
{
	void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL)
		errno = ENOSYS;
	return library;
}

/* dlsym gives an object pointer; POSIX lets it be called. */
void *
library_function(void *library, const char *name)
{
	void *function = library == NULL ? NULL : dlsym(library, name);

	if (function == NULL)
		errno = ENOSYS;
	return function;
}
