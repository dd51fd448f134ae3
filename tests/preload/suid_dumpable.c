/*
 * Preloaded into the handler: a kernel whose fs.suid_dumpable is 1, where a
 * process is dumpable after a change of its ids until it says that it is not.
 * The setting is one of the whole machine, so it is played. At the end there
 * is a line on standard error, of what was the case whenever the client's
 * octets were read:
 *
 *	ids: not dumpable
 *	ids: dumpable
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static bool is_dumpable, was_dumpable;

static void *
real(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

/* Ids of users and of groups are of one type. */
static int
change_ids(const char *name, uid_t real_id, uid_t effective, uid_t saved)
{
	int (*call)(uid_t, uid_t, uid_t);
	void *found = real(name);
	int result;

	memcpy(&call, &found, sizeof(call));
	result = call(real_id, effective, saved);
	is_dumpable |= result == 0;
	return result;
}

int
setresuid(uid_t real_id, uid_t effective, uid_t saved)
{
	return change_ids("setresuid", real_id, effective, saved);
}

int
setresgid(gid_t real_id, gid_t effective, gid_t saved)
{
	return change_ids("setresgid", real_id, effective, saved);
}

int
prctl(int option, ...)
{
	int (*call)(int, ...);
	void *found = real("prctl");
	unsigned long arguments[4];
	va_list list;
	int result;

	va_start(list, option);
	for (int i = 0; i < 4; i++)
		arguments[i] = va_arg(list, unsigned long);
	va_end(list);
	memcpy(&call, &found, sizeof(call));
	result = call(option, arguments[0], arguments[1], arguments[2],
	    arguments[3]);
	if (option == PR_SET_DUMPABLE && result == 0)
		is_dumpable = arguments[0] != 0;
	return result;
}

ssize_t
read(int fd, void *buffer, size_t size)
{
	ssize_t (*call)(int, void *, size_t);
	void *found = real("read");

	memcpy(&call, &found, sizeof(call));
	was_dumpable |= is_dumpable;
	return call(fd, buffer, size);
}

__attribute__((destructor)) static void
tell(void)
{
	dprintf(STDERR_FILENO, "ids: %s\n",
	    was_dumpable || is_dumpable ? "dumpable" : "not dumpable");
}
