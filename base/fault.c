#include "base/fault.h"

#include <signal.h>
#include <stddef.h>

#include "base/count.h"

static const int faults[] = {
	SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP,
};

bool
fault_is(int signal)
{
	bool found = false;

	for (size_t i = 0; i < COUNT(faults); i++)
		found |= signal == faults[i];
	return found;
}

bool
fault_block_sent(void)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < COUNT(faults); i++)
		sigaddset(&set, faults[i]);
	return sigprocmask(SIG_BLOCK, &set, NULL) == 0;
}
