/* How an operation on a maildrop ended: the vocabulary of this room. Named
 * for what the caller will do, not for the errno behind it, which was logged
 * where it happened. */
#ifndef MAILDROP_STATUS_H
#define MAILDROP_STATUS_H

enum maildrop_status {
	MAILDROP_OK,
	MAILDROP_IN_USE,	/* locked by a session or another program */
	MAILDROP_CHANGED,	/* another program rewrote it meanwhile */
	MAILDROP_DAMAGED,	/* not a mailbox we may or can serve: a human
				   must look */
	MAILDROP_TEMPORARY,	/* the system failed: trying again may help */
};

#endif
