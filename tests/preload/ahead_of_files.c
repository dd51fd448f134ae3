/* Preloaded into the handler: its clock is an hour ahead of the one that stamps
 * files, as it may be of a file server's. */
#define _GNU_SOURCE
#include <stddef.h>
#include <time.h>

time_t
time(time_t *at)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec += 3600;
	if (at != NULL)
		*at = now.tv_sec;
	return now.tv_sec;
}
