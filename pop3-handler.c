/*
 * pop3-handler: POP3 for one connection, started by inetd or systemd.
 *
 * The life of a process is main and serve, read downwards. What runs with
 * which privilege:
 *
 *	root (inetd only)	main as far as identity_serve: options, the
 *				accounts file; certificate and key are opened.
 *				No octet of the client was read.
 *	service user with	session_authorize, auth; maildrop_claim. From
 *	  CAP_SETUID, _SETGID	sandbox_strangers on, what that needs only.
 *	the account		maildrop_open: opens, reads nothing of it
 *	the account, in the	maildrop_load and all of TRANSACTION and UPDATE
 *	  closest sandbox
 *
 * --recover lives a shorter life of the same kind: a process for each mailbox
 * claims it as the service user and opens it as its owner.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth.h"
#include "base/deadline.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/options.h"
#include "base/systemd.h"
#include "base/text.h"
#include "connection/connection.h"
#include "connection/peer.h"
#include "connection/tls.h"
#include "maildrop.h"
#include "privilege/identity.h"
#include "privilege/sandbox.h"
#include "session.h"

#define PROGRAM "pop3-handler"

enum exit_status {
	EXIT_ENDED_PROPERLY = 0,
	EXIT_CALLED_WRONGLY = 100,
	EXIT_SYSTEM_FAILED = 111,
};

/* RFC 1939 section 3: an autologout timer is of at least ten minutes. */
#define IDLE_SECONDS_DEFAULT 600
#define IDLE_SECONDS_MAX 86400

/* Two polls that overlap are over in this time, and clients wait longer. */
#define SESSION_WAIT_SECONDS_DEFAULT 3
#define SESSION_WAIT_SECONDS_MAX 60
#define SESSION_WAIT_PAUSE_MILLISECONDS 50

/* Of the two files that the units pass. */
#define TLS_DIRECTORY CONFIGURATION_DIRECTORY "/pop3-handler"

enum tls_mode {
	TLS_IF_POSSIBLE,	/* STLS, if a certificate is known */
	TLS_OFF,
	TLS_BY_COMMAND,
	TLS_FROM_START,
};

struct settings {
	const char *accounts;
	const char *maildrop;
	const char *state;
	const char *user;
	const char *hostname;
	int idle_seconds;
	int login_seconds;	/* 0: idle_seconds */
	int session_wait_seconds;
	bool has_uid_min;
	uid_t uid_min;
	gid_t gid_min;		/* of accounts */
	enum maildrop_uidl uidl;
	enum log_target log;
	enum tls_mode tls;
	struct tls_files files;
	bool allow_cleartext;
	bool recover, help, version;
};

/* --- options ------------------------------------------------------------ */

static const char *
take_accounts(void *settings, const char *value)
{
	((struct settings *)settings)->accounts = value;
	return value[0] != '\0' ? NULL : "'system' or a file";
}

static const char *
take_maildrop(void *settings, const char *value)
{
	((struct settings *)settings)->maildrop = value;
	return maildrop_template_is_good(value) ? NULL
	    : "an absolute path with %u, %h and %%";
}

static const char *
take_state(void *settings, const char *value)
{
	((struct settings *)settings)->state = value;
	return value[0] == '/' ? NULL : "an absolute path";
}

static const char *
take_user(void *settings, const char *value)
{
	((struct settings *)settings)->user = value;
	return value[0] != '\0' ? NULL : "a user name";
}

/* RFC 1035 section 2.3.4: a name is at most 255 octets. */
static bool
is_hostname(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length <= 255 && text_is_graphic(name, length) &&
	    strpbrk(name, "[<") == NULL;	/* would mean something */
}

static const char *
take_hostname(void *settings, const char *value)
{
	((struct settings *)settings)->hostname = value;
	return is_hostname(value) ? NULL : "a host name";
}

static bool
take_seconds(const char *value, uint64_t min, uint64_t max, int *taken)
{
	uint64_t seconds;

	if (!text_number(value, strlen(value), max, &seconds) || seconds < min)
		return false;
	*taken = (int)seconds;
	return true;
}

static const char *
take_idle_timeout(void *settings, const char *value)
{
	return take_seconds(value, 1, IDLE_SECONDS_MAX,
	    &((struct settings *)settings)->idle_seconds) ? NULL
	    : "seconds from 1 to 86400";
}

static const char *
take_login_timeout(void *settings, const char *value)
{
	return take_seconds(value, 1, IDLE_SECONDS_MAX,
	    &((struct settings *)settings)->login_seconds) ? NULL
	    : "seconds from 1 to 86400";
}

static const char *
take_session_wait(void *settings, const char *value)
{
	return take_seconds(value, 0, SESSION_WAIT_SECONDS_MAX,
	    &((struct settings *)settings)->session_wait_seconds) ? NULL
	    : "seconds from 0 to 60";
}

static const char *
take_min_uid(void *settings, const char *value)
{
	struct settings *s = settings;
	uint64_t uid;

	if (!text_number(value, strlen(value), UINT32_MAX - 1, &uid) ||
	    uid == 0)
		return "a user id above 0";
	s->has_uid_min = true;
	s->uid_min = (uid_t)uid;
	return NULL;
}

static const char *
take_uidl(void *settings, const char *value)
{
	struct settings *s = settings;

	if (strcmp(value, "content") == 0)
		s->uidl = MAILDROP_UIDL_CONTENT;
	else if (strcmp(value, "popa3d") == 0)
		s->uidl = MAILDROP_UIDL_POPA3D;
	else
		return "'content' or 'popa3d'";
	return NULL;
}

static const char *
take_tls(void *settings, const char *value)
{
	struct settings *s = settings;

	if (strcmp(value, "off") == 0)
		s->tls = TLS_OFF;
	else if (strcmp(value, "starttls") == 0)
		s->tls = TLS_BY_COMMAND;
	else if (strcmp(value, "implicit") == 0)
		s->tls = TLS_FROM_START;
	else
		return "'off', 'starttls' or 'implicit'";
	return NULL;
}

static const char *
take_tls_cert(void *settings, const char *value)
{
	((struct settings *)settings)->files.certificate = value;
	return value[0] != '\0' ? NULL : "a file";
}

static const char *
take_tls_key(void *settings, const char *value)
{
	((struct settings *)settings)->files.key = value;
	return value[0] != '\0' ? NULL : "a file";
}

static const char *
take_allow_cleartext(void *settings, const char *value)
{
	(void)value;
	((struct settings *)settings)->allow_cleartext = true;
	return NULL;
}

static const char *
take_log(void *settings, const char *value)
{
	struct settings *s = settings;

	if (strcmp(value, "journal") == 0)
		s->log = LOG_TO_JOURNAL;
	else if (strcmp(value, "syslog") == 0)
		s->log = LOG_TO_SYSLOG;
	else if (strcmp(value, "stderr") == 0)
		s->log = LOG_TO_STDERR;
	else
		return "'journal', 'syslog' or 'stderr'";
	return NULL;
}

static const char *
take_recover(void *settings, const char *value)
{
	(void)value;
	((struct settings *)settings)->recover = true;
	return NULL;
}

static const char *
take_help(void *settings, const char *value)
{
	(void)value;
	((struct settings *)settings)->help = true;
	return NULL;
}

static const char *
take_version(void *settings, const char *value)
{
	(void)value;
	((struct settings *)settings)->version = true;
	return NULL;
}

static const struct option_row options[] = {
	{ "tls", "off|starttls|implicit", "default: starttls with a "
	    "certificate,\nelse off", take_tls },
	{ "tls-cert", "FILE", "certificate, then its issuers' (default: the\n"
	    "credential tls-cert of systemd)", take_tls_cert },
	{ "tls-key", "FILE", "its key (default: the credential tls-key; or\n"
	    "where the certificate is)", take_tls_key },
	{ "allow-cleartext", NULL, "passwords without TLS from other machines",
	    take_allow_cleartext },
	{ "accounts", "system|FILE", "passwd and shadow (default), or a file\n"
	    "of passwd(5) lines with crypt(3) hashes", take_accounts },
	{ "maildrop", "TEMPLATE", "mailbox: %u login name, %h home (default\n"
	    "/var/mail/%u)", take_maildrop },
	{ "state", "DIR", "what is kept beside the mailboxes", take_state },
	{ "user", "NAME", "the service user, if started as root", take_user },
	{ "hostname", "NAME", "the name in the greeting", take_hostname },
	{ "idle-timeout", "SECONDS", "until a silent client is dropped (600)",
	    take_idle_timeout },
	{ "login-timeout", "SECONDS", "until who has not logged in is dropped\n"
	    "(default: as --idle-timeout)", take_login_timeout },
	{ "session-wait", "SECONDS", "for another session of the mailbox to\n"
	    "end (3)", take_session_wait },
	{ "min-uid", "UID", "lowest user id served", take_min_uid },
	{ "uidl", "content|popa3d", "unique ids from the content (default),\n"
	    "or those of popa3d", take_uidl },
	{ "log", "journal|syslog|stderr", "default: by how it was started",
	    take_log },
	{ "recover", NULL, "serve nobody: finish interrupted updates",
	    take_recover },
	{ "help", NULL, "say this", take_help },
	{ "version", NULL, "say the version", take_version },
	{ 0 },
};

static int
print_help(void)
{
	puts("usage: " PROGRAM " [options]\n"
	    "POP3 for one connection: on standard input and output, or on "
	    "systemd's socket.\n");
	options_help(options, stdout);
	return EXIT_ENDED_PROPERLY;
}

/* The directory beside an ordinary user's own files (XDG base directories). */
static const char *
own_state_directory(char *at, size_t size)
{
	const char *base = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	struct text text = text_over(at, size);

	if (base != NULL && base[0] == '/')
		text_format(&text, "%s/" PROGRAM, base);
	else
		text_format(&text, "%s/.local/state/" PROGRAM,
		    home == NULL ? "" : home);
	return text.cut ? STATE_DIRECTORY : at;
}

/* A credential that systemd has passed (systemd.exec(5)), NULL if there is
 * none: an empty line stands for that in our units. If it stands for a file of
 * the administrator's that systemd could not load, it is that file: whoever
 * opens it finds out why. */
static const char *
credential(const char *name, const char *source, char *at, size_t size)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");
	struct text text = text_over(at, size);
	struct stat status;

	if (directory == NULL)
		return NULL;
	text_format(&text, "%s/%s", directory, name);
	if (!text.cut && stat(at, &status) == 0 && status.st_size > 1)
		return at;
	return lstat(source, &status) == 0 ? source : NULL;
}

static void
fill_in_credentials(struct tls_files *files)
{
	static char certificate[1024], key[1024];

	files->certificate = credential("tls-cert", TLS_DIRECTORY
	    "/tls-cert.pem", certificate, sizeof(certificate));
	if (files->certificate == NULL)
		return;
	files->certificate_name = TLS_DIRECTORY "/tls-cert.pem (credential "
	    "tls-cert)";
	files->key = credential("tls-key", TLS_DIRECTORY "/tls-key.pem", key,
	    sizeof(key));
	files->key_name = TLS_DIRECTORY "/tls-key.pem (credential tls-key)";
	if (files->key == NULL)
		files->key_name = TLS_DIRECTORY "/tls-key.pem is not there, "
		    "and " TLS_DIRECTORY "/tls-cert.pem";
}

static void
fill_in_tls(struct settings *s)
{
	s->files.tickets = s->state;
	if (s->files.certificate == NULL && s->files.key == NULL)
		fill_in_credentials(&s->files);
	if (s->files.key == NULL)
		s->files.key = s->files.certificate;
	if (s->tls == TLS_IF_POSSIBLE)
		s->tls = s->files.certificate != NULL ? TLS_BY_COMMAND
		    : TLS_OFF;
}

/* What was not said, as it is on this system. */
static void
fill_in(struct settings *s)
{
	static char hostname[256], state[1024];
	bool is_ordinary = geteuid() != 0 && !identity_can_become();

	if (s->hostname == NULL &&
	    gethostname(hostname, sizeof(hostname) - 1) == 0)
		s->hostname = hostname;
	if (s->hostname == NULL || !is_hostname(s->hostname))
		s->hostname = "localhost";
	if (s->state == NULL)
		s->state = getenv("STATE_DIRECTORY");
	if (s->state == NULL)
		s->state = is_ordinary ? own_state_directory(state,
		    sizeof(state)) : STATE_DIRECTORY;
	if (s->login_seconds == 0)
		s->login_seconds = s->idle_seconds;
	fill_in_tls(s);
}

/* The same of the ids of accounts. */
static void
fill_in_ids(struct settings *s)
{
	if (!s->has_uid_min)
		s->uid_min = auth_system_uid_min();
	s->gid_min = auth_system_gid_min();
	if (s->gid_min > s->uid_min)
		s->gid_min = s->uid_min;	/* both may begin lower */
}

/* --- the life of a process ---------------------------------------------- */

/* Signals that would end us for what is the client's or the disk's doing
 * become errors of the calls. */
static bool
prepare_process(void)
{
	umask(022);	/* dotlocks are for all to read */
	return fd_open_standard() && sandbox_hide() &&
	    signal(SIGCHLD, SIG_DFL) != SIG_ERR &&
	    signal(SIGPIPE, SIG_IGN) != SIG_ERR &&
	    signal(SIGXFSZ, SIG_IGN) != SIG_ERR;
}

/* The descriptor of the one connection; -1 after a log line. */
static int
find_connection(int *out)
{
	int count = systemd_listen_fds();

	*out = STDOUT_FILENO;
	if (count == 0)
		return STDIN_FILENO;
	if (count != 1) {
		log_note(LOG_ERR, "systemd must pass one connection: is "
		    "Accept=yes missing?");
		return -1;
	}
	*out = 3;		/* SD_LISTEN_FDS_START */
	return 3;
}

/* Whether accounts are those of passwd and shadow. */
static bool
is_of_system(const struct settings *s)
{
	return strcmp(s->accounts, "system") == 0;
}

/* Says who may log in. */
static void
limit_accounts(const struct settings *s, struct auth *auth)
{
	const struct auth_policy policy = {
		.uid_min = s->uid_min,
		.services_least = SANDBOX_SERVICES_LEAST,
		.services_most = SANDBOX_SERVICES_MOST,
		.only_own_uid = geteuid() != 0 && !identity_can_become(),
		.own_uid = geteuid(),
		.state = s->state,
	};

	auth_limit(auth, &policy);
}

static bool
become_account(const struct settings *s, const struct auth_account *account,
    const char *path)
{
	const struct identity identity = {
		/* the system's groups are of the system's names */
		.name = is_of_system(s) ? account->name : NULL,
		.uid = account->uid,
		.gid = account->gid,
		.spool = maildrop_spool_group(path),
	};

	return identity_become(&identity);
}

/* The last open files of the process, then the closest sandbox, then the
 * first octet of mail. */
static enum maildrop_status
open_maildrop(const struct settings *s, struct maildrop *maildrop, uid_t owner)
{
	enum maildrop_status status = maildrop_open(maildrop, owner, s->uidl);

	if (status != MAILDROP_OK)
		return status;
	return sandbox_account(maildrop_directory(maildrop))
	    ? maildrop_load(maildrop) : MAILDROP_TEMPORARY;
}

/* Who has logged in, and what of the maildrop is ours. */
struct login {
	struct auth_account account;
	char *path;
	struct maildrop *maildrop;
	enum maildrop_status status;
};

static void
login_end(struct login *login)
{
	maildrop_close(login->maildrop);
	free(login->path);
	*login = (struct login){ .status = MAILDROP_TEMPORARY };
}

/* Claims the maildrop; if another session has it, for as long as two polls may
 * overlap. That costs the other one nothing. */
static void
claim_maildrop(const struct settings *s, struct login *login)
{
	const struct auth_account *account = &login->account;
	struct deadline by = deadline_in(
	    s->session_wait_seconds * INT64_C(1000));

	login->path = maildrop_path(s->maildrop, account->name, account->home);
	if (login->path == NULL || !identity_pause_lookups())
		return;
	while ((login->status = maildrop_claim(s->state, login->path,
	    account->uid, &login->maildrop)) == MAILDROP_IN_USE &&
	    deadline_left(by) > 0)
		deadline_sleep(by, SESSION_WAIT_PAUSE_MILLISECONDS);
}

/* Until somebody has logged in whose maildrop no other session has. False if
 * the conversation ended before. */
static bool
authorize(const struct settings *s, struct session *session,
    struct login *login)
{
	login_end(login);
	while (session_authorize(session, &login->account)) {
		claim_maildrop(s, login);
		if (login->status != MAILDROP_IN_USE)
			return true;
		login_end(login);
		if (!session_put_off(session) || !identity_resume_lookups())
			break;
	}
	return false;
}

/* From the claim on: becomes the account, opens its maildrop and serves it. */
static void
serve_account(const struct settings *s, struct session *session,
    const struct login *login)
{
	enum maildrop_status status = login->status;

	if (status == MAILDROP_OK &&
	    !become_account(s, &login->account, login->path))
		status = MAILDROP_TEMPORARY;
	else if (status == MAILDROP_OK)
		status = open_maildrop(s, login->maildrop, login->account.uid);
	if (status == MAILDROP_OK)
		session_transact(session, login->maildrop);
	else
		session_turn_away(session, status);
}

static bool
confine(const struct settings *s, int descriptor)
{
	char *spool = maildrop_template_directory(s->maildrop);
	const struct sandbox_strangers sandbox = {
		.uid_min = s->uid_min,
		.gid_min = s->gid_min,
		.connection = descriptor > STDERR_FILENO ? descriptor
		    : STDERR_FILENO,
		.state = s->state,
		.spool = spool,
	};
	bool done = spool != NULL && sandbox_strangers(&sandbox);

	free(spool);
	return done;
}

/* Confined, and greeted: as early as can be in clear; inside TLS only once
 * there is some, and a stranger's handshake is read in the sandbox. */
static bool
welcome(struct settings *s, struct session *session, int descriptor,
    struct auth *auth, bool *is_confined)
{
	bool is_first = s->tls == TLS_FROM_START;

	if (!is_first)
		session_greet(session);
	/* on its way to the client meanwhile */
	fill_in_ids(s);
	limit_accounts(s, auth);
	*is_confined = confine(s, descriptor);
	if (!*is_confined && !is_first)
		session_turn_away(session, MAILDROP_TEMPORARY);
	if (!*is_confined || (is_first && !session_start_tls(session)))
		return false;
	if (is_first)
		session_greet(session);
	return true;
}

/* The conversation; whether the system did its part. */
static bool
serve(struct settings *s, struct connection *connection, int descriptor,
    struct auth *auth, const struct peer *peer, struct tls *tls)
{
	const struct session_settings settings = {
		.hostname = s->hostname,
		.idle_milliseconds = s->idle_seconds * 1000,
		.login_milliseconds = s->login_seconds * 1000,
		.client = peer->address,
		.tls = tls,
		.is_private = peer->is_near || s->allow_cleartext,
	};
	struct session *session = session_new(connection, auth, &settings);
	struct login login = { 0 };
	bool is_confined, is_known;

	if (session == NULL)
		return false;
	is_known = welcome(s, session, descriptor, auth, &is_confined) &&
	    authorize(s, session, &login);
	auth_close(auth);	/* no hash is needed any more, */
	tls_forget(tls);	/* nor a private key */
	if (is_known)
		serve_account(s, session, &login);
	login_end(&login);
	return session_end(session) && is_confined;
}

/* Everything that is opened before root is left behind. TLS that was asked for
 * from the start, and cannot be had, is a failure; STLS is then not offered. */
static bool
open_all(const struct settings *s, struct auth **auth, struct tls **tls)
{
	*auth = auth_open(s->accounts);
	*tls = s->tls == TLS_OFF ? NULL : tls_open(&s->files);
	return *auth != NULL && (*tls != NULL || s->tls != TLS_FROM_START) &&
	    identity_serve(s->user, is_of_system(s) ? AUTH_SYSTEM_SECRETS
	    : NULL) && (s->tls != TLS_FROM_START || tls_load(*tls));
}

static int
run(struct settings *s)
{
	struct connection *connection;
	struct auth *auth;
	struct tls *tls;
	struct peer peer = { 0 };
	int in, out;
	bool served = false;

	in = find_connection(&out);
	if (in == -1)
		return EXIT_SYSTEM_FAILED;
	peer_of(in, &peer);
	if (peer.is_missing) {
		log_note(LOG_ERR, "the socket waits for connections and is "
		    "none: Accept=yes is missing in its unit, or nowait in "
		    "inetd.conf");
		return EXIT_SYSTEM_FAILED;
	}
	connection = connection_new(in, out, s->idle_seconds * 1000);
	if (open_all(s, &auth, &tls) && connection != NULL)
		served = serve(s, connection, out, auth, &peer, tls);
	else
		auth_close(auth);
	connection_free(connection);
	tls_close(tls);
	return served ? EXIT_ENDED_PROPERLY : EXIT_SYSTEM_FAILED;
}

/* --- recovery ----------------------------------------------------------- */

struct recovery {
	const struct settings *settings;
	unsigned failed;
};

/* How a process of recover_one ends whose mailbox a session uses: what may be
 * interrupted there is that session's own, or was finished by it. */
#define EXIT_LEFT_IN_USE 75

/* Opens the mailbox as its owner, which finishes what was interrupted. */
static enum maildrop_status
recover_as_owner(const struct settings *s, const char *path)
{
	struct maildrop *maildrop = NULL;
	enum maildrop_status status = maildrop_claim(s->state, path,
	    MAILDROP_OWNER_UNKNOWN, &maildrop);
	struct identity owner = {
		.gid = getegid(), .spool = maildrop_spool_group(path)
	};
	bool is_interrupted = false;

	if (status == MAILDROP_IN_USE)
		_exit(EXIT_LEFT_IN_USE);
	if (status == MAILDROP_OK)
		status = maildrop_look(maildrop, &is_interrupted, &owner.uid);
	if (status == MAILDROP_OK && !is_interrupted) {
		status = maildrop_tidy(maildrop);
	} else if (status == MAILDROP_OK &&
	    owner.uid == MAILDROP_OWNER_UNKNOWN) {
		log_note(LOG_ERR, "the update of %s is left to the next login "
		    "of its owner: whose it is was not noted", path);
		status = MAILDROP_TEMPORARY;
	} else if (status == MAILDROP_OK) {
		log_note(LOG_INFO, "finishing what was interrupted in %s",
		    path);
		status = owner.uid >= s->uid_min && identity_become(&owner)
		    ? open_maildrop(s, maildrop, owner.uid)
		    : MAILDROP_TEMPORARY;
	}
	maildrop_close(maildrop);
	return status;
}

/* A process for each, as there is no way back from an account. */
static void
recover_one(void *context, const char *path)
{
	struct recovery *recovery = context;
	int status = -1;
	pid_t child = fork();

	if (child == 0)
		_exit(recover_as_owner(recovery->settings, path) == MAILDROP_OK
		    ? EXIT_ENDED_PROPERLY : EXIT_SYSTEM_FAILED);
	while (child != -1 && waitpid(child, &status, 0) == -1 &&
	    errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_LEFT_IN_USE) {
		log_note(LOG_INFO, "%s is in use: left to its session", path);
		return;
	}
	if (status == 0)
		log_note(LOG_NOTICE, "recovered %s", path);
	else
		log_note(LOG_ERR, "could not recover %s", path);
	recovery->failed += status != 0;
}

static int
recover_all(struct settings *s)
{
	struct recovery recovery = { .settings = s };

	fill_in_ids(s);
	if (!identity_serve(s->user, NULL) ||
	    !maildrop_each_interrupted(s->state, recover_one, &recovery) ||
	    recovery.failed > 0)
		return EXIT_SYSTEM_FAILED;
	return EXIT_ENDED_PROPERLY;
}

/* Whether the settings go together; false after a log line. */
static bool
is_consistent(const struct settings *s)
{
	const char *fault = NULL;

	if (is_of_system(s) && geteuid() != 0 && !identity_can_become())
		fault = "only root can serve the system's accounts; an "
		    "ordinary user needs --accounts=FILE";
	else if (s->files.certificate == NULL && s->files.key != NULL)
		fault = "there is a key but no certificate: --tls-cert=FILE";
	else if (s->files.certificate == NULL && s->tls != TLS_OFF)
		fault = "there is no certificate for TLS: --tls-cert=FILE, or "
		    "the credential tls-cert";
	if (fault != NULL)
		log_note(LOG_ERR, "%s", fault);
	return fault == NULL;
}

int
main(int argc, char **argv)
{
	struct settings settings = {
		.accounts = "system",
		.maildrop = "/var/mail/%u",
		.user = PROGRAM,
		.idle_seconds = IDLE_SECONDS_DEFAULT,
		.session_wait_seconds = SESSION_WAIT_SECONDS_DEFAULT,
		.uidl = MAILDROP_UIDL_CONTENT,
		.log = LOG_TO_DEFAULT,
	};

	if (!prepare_process())
		return EXIT_SYSTEM_FAILED;
	if (!options_parse(options, argc, argv, &settings))
		return EXIT_CALLED_WRONGLY;
	if (settings.help)
		return print_help();
	if (settings.version) {
		puts(PROGRAM " " VERSION);
		return EXIT_ENDED_PROPERLY;
	}
	fill_in(&settings);
	log_open(settings.log, PROGRAM, "POP3");
	if (settings.recover)
		return recover_all(&settings);
	if (!is_consistent(&settings))
		return EXIT_CALLED_WRONGLY;
	if (settings.idle_seconds < IDLE_SECONDS_DEFAULT)
		log_note(LOG_WARNING, "--idle-timeout=%d is less than the 600 "
		    "seconds of RFC 1939", settings.idle_seconds);
	return run(&settings);
}
