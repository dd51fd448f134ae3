#include "life.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/fault.h"
#include "base/log.h"
#include "connection/connection.h"
#include "connection/tls.h"
#include "listener/channel.h"
#include "privilege/identity.h"
#include "privilege/sandbox.h"

/* How often we look whether another session of the mailbox has ended. */
#define SESSION_WAIT_PAUSE_MILLISECONDS 50

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
open_accounts(struct life *l)
{
	l->auth = auth_open(l->settings.accounts, l->passed.accounts);
	return l->auth != NULL;
}

/* Where all is inside TLS, there is none without; else STLS is not offered. */
static bool
open_certificate(struct life *l)
{
	bool is_wanted = l->settings.tls != TLS_OFF;

	for (unsigned i = 0; i < l->passed.socket_count; i++)
		is_wanted |= l->passed.sockets[i].is_implicit;
	l->tls = is_wanted && l->settings.files.certificate != NULL
	    ? tls_open(&l->settings.files) : NULL;
	return l->tls != NULL || !l->is_implicit;
}

static bool
leave_root(struct life *l)
{
	return identity_drop_root(l->settings.user,
	    auth_secrets(l->settings.accounts));
}

/* From here on there is somebody. TLS is the connection's. */
static bool
meet(struct life *l)
{
	peer_of(l->passed.in, &l->peer);
	l->connection = connection_new(l->passed.in, l->passed.out,
	    (int)l->settings.idle_seconds * 1000);
	if (l->connection == NULL)
		return false;
	if (l->is_implicit || l->settings.tls != TLS_OFF) {
		connection_offer_tls(l->connection, l->tls);
		l->tls = NULL;
	}
	return true;
}

/* A listener has found no certificate when it was started, and serves on where
 * none is needed. */
static bool
load_implicit_tls(struct life *l)
{
	if (!l->is_implicit)
		return true;
	if (connection_offers_tls(l->connection))
		return connection_load_tls(l->connection);
	log_note(LOG_ERR, "%s", SETTINGS_NO_CERTIFICATE);
	return fail(l);
}

/* So that no child has to. One that is not as it must be was logged, and STLS
 * is not offered. */
static bool
read_certificate(struct life *l)
{
	if (l->tls != NULL)
		l->lacks_tls = !tls_prepare(l->tls);
	return true;
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

	auth_meet(l->auth, l->peer.address);
	l->session = session_new(l->connection, l->auth, &settings);
	return l->session != NULL;
}

/* As early as can be; what follows is done while it is on its way. */
static bool
greet_in_clear(struct life *l)
{
	if (!l->is_implicit)
		session_greet(l->session);
	return true;
}

static bool
prepare_log(struct life *l)
{
	(void)l;
	log_prepare();
	return true;
}

/* Says who may log in. */
static bool
limit_accounts(struct life *l)
{
	struct auth_policy policy;

	settings_policy(&l->settings, &policy);
	auth_limit(l->auth, &policy);
	return true;
}

/* What the process and its children change in the file system. */
static bool
confine_files(struct life *l)
{
	char *spool = maildrop_template_directory(l->settings.maildrop);
	bool done = spool != NULL && sandbox_files(l->settings.state, spool);

	free(spool);
	return done;
}

static int
higher(int a, int b)
{
	return a > b ? a : b;
}

static bool
filter_preauth(const struct life *l, int channel)
{
	const struct sandbox_preauth sandbox = {
		.uid_min = l->settings.uid_min,
		.gid_min = l->settings.gid_min,
		.connection = higher(STDERR_FILENO,
		    higher(l->passed.in, l->passed.out)),
		.channel = channel,
	};

	return sandbox_preauth(&sandbox);
}

static bool
confine_preauth(struct life *l)
{
	if (confine_files(l) && filter_preauth(l, -1))
		return true;
	if (!l->is_implicit)
		turn_away(l, MAILDROP_TEMPORARY);
	return fail(l);
}

/* The same in a child of the listener, before it has a connection: whose number
 * will be the next one. */
static bool
confine_spare(struct life *l)
{
	int next = dup(STDIN_FILENO);

	if (next == -1)
		return fail(l);
	close(next);
	l->passed.in = l->passed.out = next;
	return filter_preauth(l, l->passed.login) || fail(l);
}

/* The listener is gone, or has the next connection for us. */
static bool
take_connection(struct life *l)
{
	unsigned socket;
	int fd = channel_take(l->passed.login, &socket);

	if (fd == -1)
		return false;
	if (fd != l->passed.in || socket >= l->passed.socket_count)
		return fail(l);
	l->is_implicit |= l->passed.sockets[socket].is_implicit;
	return true;
}

/* Nothing more, before an octet of the client is read. */
static bool
end_channel(struct life *l)
{
	return sandbox_end_channel() || fail(l);
}

/* The handshake of somebody unknown is read in the sandbox. */
static bool
start_implicit_tls(struct life *l)
{
	if (!l->is_implicit)
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

/* Somebody has logged in: whoever waits for that is told. */
static void
tell_login(struct life *l)
{
	if (l->passed.login != -1)
		channel_tell_login(l->passed.login);
	l->passed.login = -1;
}

/* Until somebody has logged in whose maildrop no other session has: it is
 * claimed then. */
static bool
authorize(struct life *l)
{
	while (session_authorize(l->session, &l->account)) {
		enum maildrop_status status = claim_maildrop(l);

		if (status == MAILDROP_OK) {
			tell_login(l);
			return true;
		}
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

/* No hash is needed any more, nor a private key: neither the connection's nor
 * one that only other sockets of the listener use. */
static bool
forget_secrets(struct life *l)
{
	auth_close(l->auth);
	l->auth = NULL;
	tls_forget(l->tls);
	connection_forget_keys(l->connection);
	return true;
}

/* Whoever has the account may send signals then, and is not to look like a
 * defect to the listener. */
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

	return (fault_block_sent() && identity_become_user(&identity)) ||
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

/* From the login on all lives are the same. */
static bool
converse(struct life *l)
{
	return start_implicit_tls(l) && authorize(l) && forget_secrets(l) &&
	    become_account(l) && open_maildrop(l) && confine_account(l) &&
	    load_maildrop(l) && transact(l);
}

static void
complete(struct life *l)
{
	l->is_implicit = l->settings.tls == TLS_FROM_START;
	l->settings.files.certificate_passed = l->passed.certificate;
	l->settings.files.key_passed = l->passed.key;
}

void
life_serve(struct life *l)
{
	complete(l);
	(void)(open_accounts(l) && open_certificate(l) && leave_root(l) &&
	    meet(l) && load_implicit_tls(l) && begin_session(l) &&
	    greet_in_clear(l) && prepare_log(l) && limit_accounts(l) &&
	    confine_preauth(l) && converse(l));
}

bool
life_prepare(struct life *l)
{
	complete(l);
	return open_accounts(l) && open_certificate(l) && leave_root(l) &&
	    limit_accounts(l) && read_certificate(l) && confine_files(l);
}

void
life_greeting(const struct life *l, char line[SESSION_GREETING_SIZE])
{
	session_greeting(l->settings.hostname, line);
}

void
life_serve_next(struct life *l, int channel)
{
	l->passed.login = channel;
	l->is_child = true;
	(void)(confine_spare(l) && take_connection(l) && meet(l) &&
	    load_implicit_tls(l) && begin_session(l) && end_channel(l) &&
	    converse(l));
}

bool
life_end(struct life *l)
{
	bool did_our_part;

	auth_close(l->auth);
	tls_close(l->tls);
	connection_forget_keys(l->connection);
	l->had_maildrop = l->maildrop != NULL;
	release_maildrop(l);
	did_our_part = session_end(l->session) && !l->system_failed;
	if (!l->is_child)
		connection_free(l->connection);
	return did_our_part;
}
