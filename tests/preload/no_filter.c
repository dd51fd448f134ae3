/* Preloaded into a listener: its children cannot install their filter of system
 * calls. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <sys/prctl.h>

int
prctl(int option, ...)
{
	int (*real)(int, ...) = (int (*)(int, ...))dlsym(RTLD_NEXT, "prctl");
	static int filters;
	unsigned long arguments[4];
	va_list list;

	if (option == PR_SET_SECCOMP && ++filters > 1) {
		errno = ENOMEM;
		return -1;
	}
	va_start(list, option);
	for (int i = 0; i < 4; i++)
		arguments[i] = va_arg(list, unsigned long);
	va_end(list);
	return real(option, arguments[0], arguments[1], arguments[2],
	    arguments[3]);
}
