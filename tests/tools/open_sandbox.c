/* A sandbox that is none: the sanitizers and valgrind need calls that the real
 * one refuses. */
#include "privilege/sandbox.h"

bool
sandbox_hide(void)
{
	return true;
}

bool
sandbox_strangers(uid_t uid_min, gid_t gid_min)
{
	(void)uid_min;
	(void)gid_min;
	return true;
}

bool
sandbox_account(int directory)
{
	(void)directory;
	return true;
}
