#include "base/deadline.h"

#include <limits.h>
#include <time.h>

#define NANOSECONDS_A_MILLISECOND 1000000
#define NANOSECONDS_A_SECOND 1000000000

static int64_t
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * NANOSECONDS_A_SECOND + time.tv_nsec;
}

struct deadline
deadline_in(int64_t milliseconds)
{
	return (struct deadline){
		now() + milliseconds * NANOSECONDS_A_MILLISECOND
	};
}

int
deadline_left(struct deadline by)
{
	int64_t left = by.nanoseconds - now();

	if (left <= 0)
		return 0;
	left = (left - 1) / NANOSECONDS_A_MILLISECOND + 1;
	return left > INT_MAX ? INT_MAX : (int)left;
}

bool
deadline_is_past(struct deadline by)
{
	return by.nanoseconds <= now();
}

struct deadline
deadline_in_steps(struct deadline by, int64_t milliseconds)
{
	int64_t step = milliseconds * NANOSECONDS_A_MILLISECOND;
	int64_t late = now() - by.nanoseconds;

	if (late > 0)
		by.nanoseconds += (late + step - 1) / step * step;
	return by;
}

static void
sleep_until(int64_t moment)
{
	struct timespec time = {
		.tv_sec = (time_t)(moment / NANOSECONDS_A_SECOND),
		.tv_nsec = (long)(moment % NANOSECONDS_A_SECOND),
	};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL)
	    != 0)
		;
}

void
deadline_sleep(struct deadline by, int64_t milliseconds)
{
	int64_t moment = deadline_in(milliseconds).nanoseconds;

	sleep_until(moment < by.nanoseconds ? moment : by.nanoseconds);
}

void
deadline_await(struct deadline by)
{
	sleep_until(by.nanoseconds);
}

double
deadline_clock(void)
{
	return (double)now() / NANOSECONDS_A_SECOND;
}
