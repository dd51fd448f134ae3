/* A sandbox that is none: the sanitizers and valgrind need calls that the real
 * one refuses. */
#include "privilege/sandbox.h"

bool
sandbox_forbid_dumps(void)
{
	return true;
}

bool
sandbox_files(const char *state, const char *spool)
{
	(void)state;
	(void)spool;
	return true;
}

bool
sandbox_listener(uid_t uid_min, gid_t gid_min)
{
	(void)uid_min;
	(void)gid_min;
	return true;
}

bool
sandbox_end_channel(void)
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
