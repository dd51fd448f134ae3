/* How an operation on a maildrop ended: the vocabulary of this room. Named
 * for what the caller will do, not for the errno behind it, which was logged
 * where it happened. */
#ifndef MAILDROP_STATUS_H
#define MAILDROP_STATUS_H

#include <errno.h>

enum maildrop_status {
	MAILDROP_OK,
	MAILDROP_IN_USE,	/* locked by a session or another program */
	MAILDROP_CHANGED,	/* another program rewrote it meanwhile */
	MAILDROP_DAMAGED,	/* not a mailbox we may or can serve: a human
				   must look */
	MAILDROP_TEMPORARY,	/* the system failed: trying again may help */
	MAILDROP_FULL,		/* the same: there is no room on the disk, or
				   in somebody's quota */
};

/* What it means that a call failed with `error`. */
static inline enum maildrop_status
maildrop_status_of(int error)
{
	return error == ENOSPC || error == EDQUOT ? MAILDROP_FULL
	    : MAILDROP_TEMPORARY;
}

#endif
