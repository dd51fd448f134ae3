/* A sandbox that is none: the sanitizers and valgrind need calls that the real
 * one refuses. */
#include "privilege/sandbox.h"

bool
sandbox_hide(void)
{
	return true;
}

bool
sandbox_strangers(const struct sandbox_strangers *strangers)
{
	(void)strangers;
	return true;
}

bool
sandbox_account(int directory)
{
	(void)directory;
	return true;
}
