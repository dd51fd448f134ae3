/*
 * The life of a process that serves a connection, as one chain of steps.
 *
 *	life_serve		the whole of it, with the connection that was
 *				passed: inetd's `nowait`
 *	life_prepare		what is the same for each connection
 *	  life_serve_next	in a child of that process: the rest, with the
 *				connection that the listener hands to it
 *	life_end		gives back all that was gathered, however far
 *				life went
 *
 * What runs with which privilege:
 *
 *	root (inetd only)	as far as leave_root: options, the accounts
 *				file; certificate and key are opened. No octet
 *				of the client was read.
 *	service user with	as far as become_account. From confine_preauth
 *	  CAP_SETUID, _SETGID	on, in the pre-auth sandbox.
 *	the account		open_maildrop: opens, reads nothing of it
 *	the account, in the	from load_maildrop on: TRANSACTION and UPDATE
 *	  closest sandbox
 */
#ifndef LIFE_H
#define LIFE_H

#include <stdbool.h>

#include "auth.h"
#include "connection/peer.h"
#include "maildrop.h"
#include "passed.h"
#include "session.h"
#include "settings.h"

struct tls;

/* What a process has gathered so far; what it has not is NULL. */
struct life {
	struct settings settings;
	struct passed passed;
	bool is_implicit;		/* the connection is inside TLS */
	bool lacks_tls;			/* there are files, and they cannot be
					   used */
	struct auth *auth;
	struct tls *tls;		/* until the connection has it */
	struct peer peer;
	struct connection *connection;
	struct session *session;
	struct auth_account account;
	char *path;			/* of the maildrop */
	struct maildrop *maildrop;
	bool system_failed;		/* in what no session tells of */
	bool had_maildrop;		/* when it ended */
	bool is_child;			/* of a listener: the kernel gives its
					   memory back, which to free would
					   copy it first */
};

/* As far as life goes; whoever stops it has said why. */
void life_serve(struct life *);

/* What is said to whoever connects in clear. */
void life_greeting(const struct life *, char line[SESSION_GREETING_SIZE]);

/* False after a log line. */
bool life_prepare(struct life *);

/* Waits, confined, until `channel` hands the connection. A client in clear was
 * greeted. */
void life_serve_next(struct life *, int channel);

/* Whether the system did its part. */
bool life_end(struct life *);

#endif
