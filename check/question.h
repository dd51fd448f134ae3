/*
 * The questions of a check, and what they share. Each reports one line at
 * least, by report_line or by what a module logs; check.c says as whom it is
 * asked.
 */
#ifndef CHECK_QUESTION_H
#define CHECK_QUESTION_H

#include <stdbool.h>
#include <sys/types.h>

#include "auth.h"
#include "check/report.h"
#include "connection/tls.h"
#include "settings.h"

struct check {
	struct settings *settings;
	struct report report;
	struct auth *auth;		/* NULL: they cannot be had */
	struct tls *tls;		/* NULL: there is none */

	/* of a user */
	const char *user;
	bool is_known;			/* then: */
	struct auth_account account;
	char *path;			/* of the mailbox; or NULL */
	int cache;			/* its index, open for reading, or -1 */
};

/* --- of the server ------------------------------------------------------ */

/* The user whom the server becomes, and its groups. */
void check_service_user(struct check *);

/* What the kernel confines processes with. */
void check_kernel(struct check *);

/* systemd's units, where it runs: which start at boot. */
void check_units(struct check *);

/* Who listens on the ports of POP3. */
void check_ports(struct check *);

/* Whether the source of accounts answers. */
void check_accounts(struct check *);

/* The directories: whose they are, who may enter and make files, and room. */
void check_state(struct check *);
void check_spool(struct check *);

/* Certificate and key. */
void check_certificate(struct check *);

/* What CAPA says to clients of other machines, and of this one. */
void check_capabilities(struct check *);

/* What crashes have interrupted, and what waits for a human. */
void check_updates(struct check *);

/* --- of a user ----------------------------------------------------------- */

/* Whether the account is there and may log in: sets what follows is_known. */
void check_account(struct check *);

/* Who holds a lock of the mailbox. */
void check_locks(struct check *);

/* Session, redo log and index of the mailbox. */
void check_control(struct check *);

/* The file, and its messages. */
void check_mailbox(struct check *);

#endif
