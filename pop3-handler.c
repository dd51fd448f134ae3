/*
 * pop3-handler: POP3 for one connection, started by inetd or systemd.
 *
 * The life of a process is one chain of steps, serve. What runs with which
 * privilege:
 *
 *	root (inetd only)	main as far as leave_root: options, the accounts
 *				file; certificate and key are opened. No octet
 *				of the client was read.
 *	service user with	as far as become_account. From confine_preauth
 *	  CAP_SETUID, _SETGID	on, in the pre-auth sandbox.
 *	the account		open_maildrop: opens, reads nothing of it
 *	the account, in the	from load_maildrop on: TRANSACTION and UPDATE
 *	  closest sandbox
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth.h"
#include "base/deadline.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/systemd.h"
#include "connection/connection.h"
#include "connection/peer.h"
#include "connection/tls.h"
#include "maildrop.h"
#include "privilege/identity.h"
#include "privilege/sandbox.h"
#include "recover.h"
#include "session.h"
#include "settings.h"

/* How often we look whether another session of the mailbox has ended. */
#define SESSION_WAIT_PAUSE_MILLISECONDS 50

/* SD_LISTEN_FDS_START */
#define FIRST_PASSED_DESCRIPTOR 3

enum exit_status {
	EXIT_ENDED_PROPERLY = 0,
	EXIT_CALLED_WRONGLY = 100,
	EXIT_SYSTEM_FAILED = 111,
};

/* What a process has gathered so far; what it has not is NULL. */
struct life {
	struct settings settings;
	struct peer peer;
	struct connection *connection;
	int descriptor;			/* the highest of the client's */
	struct auth *auth;
	struct session *session;
	struct auth_account account;
	char *path;			/* of the maildrop */
	struct maildrop *maildrop;
	bool system_failed;		/* in what no session tells of */
};

/* --- steps: each does one thing and says whether life goes on ------------- */

static bool
fail(struct life *l)
{
	l->system_failed = true;
	return false;
}

/* Says why the maildrop cannot be had to the client, who has logged in. */
static bool
turn_away(struct life *l, enum maildrop_status status)
{
	session_turn_away(l->session, status);
	return false;
}

static bool
is_implicit(const struct life *l)
{
	return l->settings.tls == TLS_FROM_START;
}

/* The descriptors of the one connection. False after a log line. */
static bool
find_descriptors(int *in, int *out)
{
	int count = systemd_listen_fds();

	*in = count == 0 ? STDIN_FILENO : FIRST_PASSED_DESCRIPTOR;
	*out = count == 0 ? STDOUT_FILENO : FIRST_PASSED_DESCRIPTOR;
	if (count > 1)
		log_note(LOG_ERR, "systemd must pass one connection: is "
		    "Accept=yes missing?");
	return count <= 1;
}

static bool
find_connection(struct life *l)
{
	int in, out;

	if (!find_descriptors(&in, &out))
		return false;
	peer_of(in, &l->peer);
	if (l->peer.is_missing) {
		log_note(LOG_ERR, "the socket waits for connections and is "
		    "none: Accept=yes is missing in its unit, or nowait in "
		    "inetd.conf");
		return false;
	}
	l->descriptor = out > STDERR_FILENO ? out : STDERR_FILENO;
	l->connection = connection_new(in, out,
	    (int)l->settings.idle_seconds * 1000);
	return l->connection != NULL;
}

static bool
open_accounts(struct life *l)
{
	l->auth = auth_open(l->settings.accounts);
	return l->auth != NULL;
}

/* TLS that was asked for from the start, and cannot be had, is a failure; STLS
 * is then not offered. */
static bool
open_certificate(struct life *l)
{
	struct tls *tls = l->settings.tls == TLS_OFF ? NULL
	    : tls_open(&l->settings.files);

	connection_offer_tls(l->connection, tls);
	return tls != NULL || !is_implicit(l);
}

static bool
leave_root(struct life *l)
{
	return identity_drop_root(l->settings.user,
	    auth_secrets(l->settings.accounts));
}

static bool
load_implicit_tls(struct life *l)
{
	return !is_implicit(l) || connection_load_tls(l->connection);
}

static bool
begin_session(struct life *l)
{
	const struct session_settings settings = {
		.hostname = l->settings.hostname,
		.idle_milliseconds = (int)l->settings.idle_seconds * 1000,
		.login_milliseconds = (int)l->settings.login_seconds * 1000,
		.client = l->peer.address,
		.allows_plaintext = l->peer.is_local ||
		    l->settings.allow_cleartext,
	};

	l->session = session_new(l->connection, l->auth, &settings);
	return l->session != NULL;
}

/* As early as can be; what follows is done while it is on its way. */
static bool
greet_in_clear(struct life *l)
{
	if (!is_implicit(l))
		session_greet(l->session);
	return true;
}

/* Says who may log in. */
static void
limit_accounts(struct life *l)
{
	const struct auth_policy policy = {
		.uid_min = l->settings.uid_min,
		.reserved_uid_first = SANDBOX_RESERVED_ID_FIRST,
		.reserved_uid_last = SANDBOX_RESERVED_ID_LAST,
		.only_own_uid = identity_is_ordinary(),
		.own_uid = geteuid(),
		.state = l->settings.state,
	};

	auth_limit(l->auth, &policy);
}

static bool
confine_preauth(struct life *l)
{
	char *spool = maildrop_template_directory(l->settings.maildrop);
	struct sandbox_preauth sandbox = {
		.connection = l->descriptor,
		.state = l->settings.state,
		.spool = spool,
	};
	bool done;

	settings_read_ids(&l->settings);
	limit_accounts(l);
	sandbox.uid_min = l->settings.uid_min;
	sandbox.gid_min = l->settings.gid_min;
	done = spool != NULL && sandbox_preauth(&sandbox);
	free(spool);
	if (!done && !is_implicit(l))
		turn_away(l, MAILDROP_TEMPORARY);
	return done || fail(l);
}

/* The handshake of somebody unknown is read in the sandbox. */
static bool
start_implicit_tls(struct life *l)
{
	if (!is_implicit(l))
		return true;
	if (!session_start_tls(l->session))
		return false;
	session_greet(l->session);
	return true;
}

/* Claims the maildrop; if another session has it, for as long as two polls may
 * overlap. That costs the other one nothing. */
static enum maildrop_status
claim_maildrop(struct life *l)
{
	const struct auth_account *account = &l->account;
	struct deadline by = deadline_in(
	    l->settings.session_wait_seconds * INT64_C(1000));
	enum maildrop_status status;

	l->path = maildrop_path(l->settings.maildrop, account->name,
	    account->home);
	if (l->path == NULL || !identity_drop_dac_read_search())
		return MAILDROP_TEMPORARY;
	while ((status = maildrop_claim(l->settings.state, l->path,
	    account->uid, &l->maildrop)) == MAILDROP_IN_USE &&
	    deadline_left(by) > 0)
		deadline_sleep(by, SESSION_WAIT_PAUSE_MILLISECONDS);
	return status;
}

static void
release_maildrop(struct life *l)
{
	maildrop_close(l->maildrop);
	l->maildrop = NULL;
	free(l->path);
	l->path = NULL;
}

/* Until somebody has logged in whose maildrop no other session has: it is
 * claimed then. */
static bool
authorize(struct life *l)
{
	while (session_authorize(l->session, &l->account)) {
		enum maildrop_status status = claim_maildrop(l);

		if (status == MAILDROP_OK)
			return true;
		if (status != MAILDROP_IN_USE)
			return turn_away(l, status);
		release_maildrop(l);
		if (!session_put_off(l->session))
			return false;
		if (!identity_regain_dac_read_search())
			return fail(l);
	}
	return false;
}

/* No hash is needed any more, nor a private key. */
static bool
forget_secrets(struct life *l)
{
	auth_close(l->auth);
	l->auth = NULL;
	connection_forget_keys(l->connection);
	return true;
}

static bool
become_account(struct life *l)
{
	const struct identity identity = {
		/* the system's groups are of the system's names */
		.name = auth_uses_system_names(l->settings.accounts)
		    ? l->account.name : NULL,
		.uid = l->account.uid,
		.gid = l->account.gid,
		.spool = maildrop_spool_group(l->path),
	};

	return identity_become_user(&identity) ||
	    turn_away(l, MAILDROP_TEMPORARY);
}

/* The last open files of the process. */
static bool
open_maildrop(struct life *l)
{
	enum maildrop_status status = maildrop_open(l->maildrop,
	    l->account.uid, l->settings.uidl);

	return status == MAILDROP_OK || turn_away(l, status);
}

static bool
confine_account(struct life *l)
{
	struct directory_rights rights[RIGHTS_MAX];
	size_t count = maildrop_rights(l->maildrop, rights);

	return sandbox_postauth(rights, count) ||
	    turn_away(l, MAILDROP_TEMPORARY);
}

/* The first octet of mail. */
static bool
load_maildrop(struct life *l)
{
	enum maildrop_status status = maildrop_load(l->maildrop);

	return status == MAILDROP_OK || turn_away(l, status);
}

static bool
transact(struct life *l)
{
	session_transact(l->session, l->maildrop);
	return true;
}

/* --- the life of a process ----------------------------------------------- */

/* Signals that would end us for what is the client's or the disk's doing
 * become errors of the calls. */
static bool
prepare_process(void)
{
	umask(022);	/* dotlocks are for all to read */
	return fd_open_standard() && sandbox_forbid_dumps() &&
	    signal(SIGCHLD, SIG_DFL) != SIG_ERR &&
	    signal(SIGPIPE, SIG_IGN) != SIG_ERR &&
	    signal(SIGXFSZ, SIG_IGN) != SIG_ERR;
}

/* As far as life goes; whoever stops it has said why. */
static void
serve(struct life *l)
{
	(void)(find_connection(l) && open_accounts(l) && open_certificate(l) &&
	    leave_root(l) && load_implicit_tls(l) && begin_session(l) &&
	    greet_in_clear(l) && confine_preauth(l) && start_implicit_tls(l) &&
	    authorize(l) && forget_secrets(l) && become_account(l) &&
	    open_maildrop(l) && confine_account(l) && load_maildrop(l) &&
	    transact(l));
}

/* Gives back all that was gathered. Whether the system did its part. */
static bool
end(struct life *l)
{
	bool did_our_part;

	auth_close(l->auth);
	connection_forget_keys(l->connection);
	release_maildrop(l);
	did_our_part = session_end(l->session) && !l->system_failed;
	connection_free(l->connection);
	return did_our_part;
}

int
main(int argc, char **argv)
{
	struct life life = { 0 };
	struct settings *settings = &life.settings;

	if (!prepare_process())
		return EXIT_SYSTEM_FAILED;
	if (!settings_parse(settings, argc, argv))
		return EXIT_CALLED_WRONGLY;
	if (settings_answer(settings))
		return EXIT_ENDED_PROPERLY;
	settings_complete(settings);
	log_open(settings->log, PROGRAM, "POP3");
	if (settings->recover)
		return recover_all(settings) ? EXIT_ENDED_PROPERLY
		    : EXIT_SYSTEM_FAILED;
	if (!settings_are_valid(settings))
		return EXIT_CALLED_WRONGLY;
	serve(&life);
	return end(&life) ? EXIT_ENDED_PROPERLY : EXIT_SYSTEM_FAILED;
}
