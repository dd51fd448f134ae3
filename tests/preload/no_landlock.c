/* Preloaded into the handler: a kernel without Landlock; or, with NO_LANDLOCK=
 * "CALL ERRNO", in numbers, one in which that call of it fails so. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

long
syscall(long number, ...)
{
	long (*real)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT,
	    "syscall");
	long arguments[4];
	va_list list;

	long failing = SYS_landlock_create_ruleset;
	int error = ENOSYS;

	if (getenv("NO_LANDLOCK") != NULL)
		sscanf(getenv("NO_LANDLOCK"), "%ld %d", &failing, &error);
	if (number == failing) {
		errno = error;
		return -1;
	}
	va_start(list, number);
	for (int i = 0; i < 4; i++)
		arguments[i] = va_arg(list, long);
	va_end(list);
	return real(number, arguments[0], arguments[1], arguments[2],
	    arguments[3]);
}
