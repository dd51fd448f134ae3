/* A sandbox that is none: the sanitizers and valgrind need calls that the real
 * one refuses. */
#include "privilege/sandbox.h"

bool
sandbox_forbid_dumps(void)
{
	return true;
}

bool
sandbox_preauth(const struct sandbox_preauth *sandbox)
{
	(void)sandbox;
	return true;
}

bool
sandbox_postauth(const struct directory_rights *rights, size_t count)
{
	(void)rights;
	(void)count;
	return true;
}
