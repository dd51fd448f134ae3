#include "check/question.h"
#include "privilege/landlock.h"
#include "privilege/seccomp.h"

void
check_kernel(struct check *c)
{
	int landlock = landlock_version();

	if (!seccomp_is_there())
		report_line(&c->report, REPORT_FAIL, "use a kernel with "
		    "CONFIG_SECCOMP_FILTER, and let containers use it",
		    "it filters no system calls, and nobody is served "
		    "without that");
	else if (landlock == 0)
		report_line(&c->report, REPORT_WARN, "boot with landlock "
		    "among lsm=, or let the container use it",
		    "seccomp; no Landlock: the file system's permissions alone "
		    "confine sessions");
	else
		report_line(&c->report, REPORT_OK, NULL,
		    "seccomp, and Landlock version %d", landlock);
}
