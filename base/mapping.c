#include "base/mapping.h"

#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* What the handler needs to know, which nobody can hand in. */
static struct {
	const char *at, *end;
	volatile sig_atomic_t is_torn;
	struct sigaction before;
} guarded;

static size_t
page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* Where the fault was, and from there on: the file was cut at one place. Any
 * other fault happens again, and ends the process. */
static void
fill_in(int signal_number, siginfo_t *fault, void *context)
{
	char *at = fault->si_addr;

	(void)context;
	at -= (uintptr_t)at % page_size();
	if (at < guarded.at || at >= guarded.end ||
	    mmap(at, (size_t)(guarded.end - at), PROT_READ, MAP_PRIVATE |
	    MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		signal(signal_number, SIG_DFL);
	guarded.is_torn = 1;
}

void
mapping_guard(const void *at, size_t length)
{
	struct sigaction action = {
		.sa_sigaction = fill_in, .sa_flags = SA_SIGINFO
	};

	guarded.at = at;
	guarded.end = length == 0 ? guarded.at : guarded.at + length;
	guarded.is_torn = 0;
	sigaction(SIGBUS, &action, &guarded.before);
}

bool
mapping_unguard(void)
{
	sigaction(SIGBUS, &guarded.before, NULL);
	guarded.at = guarded.end = NULL;
	return guarded.is_torn == 0;
}
