/*
 * What the process may still ask of the kernel, narrower from stage to stage.
 *
 *	sandbox_forbid_dumps	first of all, and after each change of ids
 *	sandbox_files		then
 *	sandbox_listener	what a listener and its children need together
 *	sandbox_preauth		before any octet of the client is read
 *	sandbox_end_channel	once a child of a listener has the connection
 *	sandbox_postauth	as the account, its files open, nothing of them
 *				read
 *
 * Only ever gives up; nothing here can be taken back.
 */
#ifndef PRIVILEGE_SANDBOX_H
#define PRIVILEGE_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/rights.h"

/* No core file, no tracer of the same user. False with errno. */
bool sandbox_forbid_dumps(void);

/* Ids that systems give to services, however high: Debian's "nobody" and what
 * else it has below 65536, systemd's services and containers. Nobody's own. */
#define SANDBOX_RESERVED_ID_FIRST 60514
#define SANDBOX_RESERVED_ID_LAST 65535

/* Files are changed below these directories only; if there is no such, below
 * those above it. Children inherit that. False after a log line. */
bool sandbox_files(const char *state, const char *spool);

struct sandbox_preauth {
	uid_t uid_min;
	gid_t gid_min;
	int connection;		/* the highest descriptor of the client's */
	int channel;		/* by which it comes, until _end_channel; -1:
				   it is there */
};

/*
 * Talk, look accounts up, open the control files and the mailbox, and become an
 * account: a uid and gid from these on that is not among those of services, or
 * gid 100, which is "users" where it is nobody else's. No program can be run,
 * no process be traced or sent a signal, no socket be made but a unix one, and
 * the client's not be connected to somebody else. False after a log line.
 */
bool sandbox_preauth(const struct sandbox_preauth *);

/* Nothing comes by the channel any more. False after a log line. */
bool sandbox_end_channel(void);

/*
 * What sandbox_preauth allows, and: accept connections, have children, execute
 * (ourselves: children may not), and send signals to them. False after a log
 * line.
 */
bool sandbox_listener(uid_t uid_min, gid_t gid_min);

/*
 * Talk, and read and write what is open. By name nothing can be had any more
 * but what `count` rights say, at most RIGHTS_MAX. Where there is no Landlock,
 * which directory that is is left to the file system's own permissions, which
 * is logged. False after a log line.
 */
bool sandbox_postauth(const struct directory_rights *, size_t count);

#endif
