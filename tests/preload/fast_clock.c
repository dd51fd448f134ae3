/* Preloaded into the handler: its monotonic clock goes a hundred times too
 * fast, so that what waits for minutes waits for seconds. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define TIMES 100
#define SECOND 1000000000LL

static long long
nanoseconds(const struct timespec *time)
{
	return time->tv_sec * SECOND + time->tv_nsec;
}

static struct timespec
timespec(long long at)
{
	return (struct timespec){ at / SECOND, at % SECOND };
}

int
clock_gettime(clockid_t clock, struct timespec *now)
{
	int result = (int)syscall(SYS_clock_gettime, clock, now);

	if (result == 0 && clock == CLOCK_MONOTONIC)
		*now = timespec(nanoseconds(now) * TIMES);
	return result;
}

int
clock_nanosleep(clockid_t clock, int flags, const struct timespec *until,
    struct timespec *left)
{
	struct timespec ours = timespec(nanoseconds(until) / TIMES);

	return syscall(SYS_clock_nanosleep, clock, flags, &ours, left) == 0 ? 0
	    : errno;
}
