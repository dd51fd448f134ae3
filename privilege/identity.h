/*
 * Who we are to the kernel: root, then the service user, then the account.
 *
 *	identity_leave_root	before any octet of the client is read
 *	identity_become		once PASS was right
 *
 * In between the process holds CAP_SETUID and CAP_SETGID and nothing else;
 * after identity_become it holds nothing and can get nothing back, which was
 * tried. An ordinary user's process is that user from start to end.
 */
#ifndef PRIVILEGE_IDENTITY_H
#define PRIVILEGE_IDENTITY_H

#include <stdbool.h>
#include <sys/types.h>

/* Whether the process can become other users: it is root, or has been given
 * both capabilities. */
bool identity_can_become(void);

/* If we are root: becomes the service user `name` with its groups, keeping the
 * two capabilities. Returns false after a log line. */
bool identity_leave_root(const char *name);

struct identity {
	const char *name;	/* NULL: no supplementary groups but `spool` */
	uid_t uid;
	gid_t gid;
	gid_t spool;		/* kept if we are in it now; or (gid_t)-1 */
};

/* Becomes the account and gives everything else up. Returns false after a log
 * line; the process is then good for nothing but to end. */
bool identity_become(const struct identity *);

#endif
