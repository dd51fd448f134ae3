/* Preloaded into the handler: its clock is an hour slow, so that the mailbox
 * seems to have been changed just now, and more. */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int
clock_gettime(clockid_t clock, struct timespec *now)
{
	int result = (int)syscall(SYS_clock_gettime, clock, now);

	if (result == 0 && clock == CLOCK_REALTIME)
		now->tv_sec -= 3600;
	return result;
}
