#include "settings.h"

#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth.h"
#include "base/log_option.h"
#include "base/options.h"
#include "base/strbuf.h"
#include "base/text.h"
#include "import/source.h"
#include "privilege/identity.h"
#include "privilege/sandbox.h"

/* RFC 1939 section 3: an autologout timer is of at least ten minutes. */
#define IDLE_SECONDS_DEFAULT 600
#define IDLE_SECONDS_MAX 86400

/* Two polls that overlap are over in this time, and clients wait longer. */
#define SESSION_WAIT_SECONDS_DEFAULT 3
#define SESSION_WAIT_SECONDS_MAX 60

/* RFC 1035 section 2.3.4. */
#define HOSTNAME_MAX 255

/* --- options ------------------------------------------------------------- */

static bool
is_not_empty(const char *value)
{
	return value[0] != '\0';
}

static bool
is_absolute(const char *path)
{
	return path[0] == '/';
}

static bool
is_hostname(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length <= HOSTNAME_MAX &&
	    text_is_graphic(name, length) &&
	    strpbrk(name, "[<") == NULL;	/* would mean something */
}

static bool
is_domain(const char *name)
{
	return is_hostname(name) && strpbrk(name, "@/:") == NULL;
}

static bool
is_source(const char *words)
{
	const char *argument;

	return import_source_of(words, &argument) != NULL;
}

static bool
is_export(const char *words)
{
	return (strncmp(words, EXPORT_FILE, sizeof(EXPORT_FILE) - 1) == 0 ||
	    strncmp(words, EXPORT_X_UIDL, sizeof(EXPORT_X_UIDL) - 1) == 0) &&
	    words[strlen(words) - 1] != ':';
}

static const struct option_word tls_words[] = {
	{ "off", TLS_OFF },
	{ "starttls", TLS_BY_COMMAND },
	{ "implicit", TLS_FROM_START },
	{ 0 },
};

#define TEXT(name, field, ...) \
	OPTION_TEXT_ROW(name, struct settings, field, __VA_ARGS__)
#define LIST(name, field, ...) \
	OPTION_LIST_ROW(name, struct settings, field, __VA_ARGS__)
#define WORD(name, field, ...) \
	OPTION_WORD_ROW(name, struct settings, field, __VA_ARGS__)
#define NUMBER(name, field, ...) \
	OPTION_NUMBER_ROW(name, struct settings, field, __VA_ARGS__)
#define FLAG(name, field, ...) \
	OPTION_FLAG_ROW(name, struct settings, field, __VA_ARGS__)

static const struct option_row options[] = {
	WORD("tls", tls, tls_words,
	    "default: starttls with a certificate,\nelse off"),
	TEXT("tls-cert", files.certificate, "FILE", is_not_empty, "a file",
	    "certificate, then its issuers' (default: the\n"
	    "credential tls-cert of systemd)"),
	TEXT("tls-key", files.key, "FILE", is_not_empty, "a file",
	    "its key (default: the credential tls-key; or\n"
	    "where the certificate is)"),
	FLAG("allow-cleartext", allow_cleartext,
	    "passwords without TLS from other machines"),
	TEXT("accounts", accounts, "SOURCE", is_not_empty,
	    "'system', 'pam', 'saslauthd:' and its socket, or a file",
	    "'system': passwd and shadow (default);\n"
	    "'pam': pop3-auth(8) asks PAM; 'saslauthd:'\n"
	    "and the path of its socket; or a file\n"
	    "of passwd(5) lines with crypt(3) hashes"),
	LIST("domain", domains, "NAME", is_domain, "a domain name",
	    "NAME of user@NAME in logins, more than once"),
	TEXT("maildrop", maildrop, "TEMPLATE", maildrop_template_is_good,
	    "an absolute path with %u, %h and %%",
	    "mailbox: %u login name, %h home (default\n/var/mail/%u)"),
	TEXT("state", state, "DIR", is_absolute, "an absolute path",
	    "the directory of the control files"),
	TEXT("user", user, "NAME", is_not_empty, "a user name",
	    "the service user, if started as root"),
	TEXT("hostname", hostname, "NAME", is_hostname, "a host name",
	    "the name in the greeting"),
	NUMBER("idle-timeout", idle_seconds, "SECONDS", 1, IDLE_SECONDS_MAX,
	    "until a silent client is dropped (600)"),
	NUMBER("login-timeout", login_seconds, "SECONDS", 1, IDLE_SECONDS_MAX,
	    "for a client to log in\n"
	    "(default: as --idle-timeout)"),
	NUMBER("session-wait", session_wait_seconds, "SECONDS", 0,
	    SESSION_WAIT_SECONDS_MAX,
	    "for another session of the mailbox to\n"
	    "end, at a login (3)"),
	NUMBER("max-connections", listener.connections_max, "COUNT", 1,
	    LISTENER_CONNECTIONS_MAX, "of a listener in all (512)"),
	NUMBER("max-per-source", listener.per_source_max, "COUNT", 1,
	    LISTENER_CONNECTIONS_MAX, "from one address (20)"),
	NUMBER("max-preauth", listener.preauth_max, "COUNT", 1,
	    LISTENER_CONNECTIONS_MAX,
	    "not logged in: the oldest is dropped\nfor one more (200)"),
	NUMBER("listener-idle", listener.idle_seconds, "SECONDS", 1,
	    LISTENER_SECONDS_MAX, "until a listener without connections\n"
	    "ends (300)"),
	NUMBER("listener-age", listener.age_seconds, "SECONDS", 1,
	    LISTENER_SECONDS_MAX, "until another one takes its\nplace (3600)"),
	NUMBER("min-uid", uid_min, "UID", 1, UINT32_MAX - 1,
	    "lowest user id served"),
	WORD("uidl", uidl, maildrop_uidl_words,
	    "unique ids from the content (default),\n"
	    "or as that server makes them"),
	WORD("log", log, log_words, "default: by how it was started"),
	FLAG("recover", recover, "serve nobody: finish interrupted updates"),
	FLAG("check", check, "serve nobody, change nothing: tell what is\n"
	    "wrong, with the mailboxes of USER..., too"),
	FLAG("as-json", as_json, "what --check finds, for programs"),
	TEXT("import-uidl", import.source, "SOURCE", is_source, IMPORT_SOURCES,
	    "serve nobody: take unique ids over, for the\n"
	    "USERs; from dovecot[:FORMAT], uw, qpopper,\n"
	    "solid, tpop3d, popa3d, file:DIR and others"),
	FLAG("compare", import.compare,
	    "only tell which ids clients will miss"),
	FLAG("dry-run", import.dry_run, "only tell what would be imported"),
	FLAG("again", import.again, "replace what was imported before"),
	TEXT("export-uidl", import.export, "FORM", is_export,
	    EXPORT_FILE "DIR or " EXPORT_X_UIDL "DIR",
	    "serve nobody: write the USERs' unique ids,\n"
	    "or their mailboxes with X-UIDL headers, into\n"
	    "file:DIR or x-uidl:DIR"),
	FLAG("all", import.all, "all who have a mailbox"),
	FLAG("help", help, "print this"),
	FLAG("version", version, "print the version"),
	{ 0 },
};

/* Arguments that are no options are names of users, for the lives that look at
 * mailboxes. Only --check has another form of what it prints. */
static bool
take_arguments(struct settings *s, const char *program, char **arguments)
{
	bool wants_names = s->check || settings_want_import(s);
	const char *unexpected = s->as_json && !s->check ? "--as-json"
	    : wants_names ? NULL : arguments[0];

	s->users = arguments;
	if (unexpected != NULL)
		options_refuse(program, unexpected);
	return unexpected == NULL;
}

bool
settings_parse(struct settings *s, int argc, char **argv)
{
	char **arguments;

	*s = (struct settings){
		.accounts = "system",
		.maildrop = "/var/mail/%u",
		.user = PROGRAM,
		.idle_seconds = IDLE_SECONDS_DEFAULT,
		.session_wait_seconds = SESSION_WAIT_SECONDS_DEFAULT,
		.listener = LISTENER_SETTINGS_DEFAULT,
		.log = LOG_TO_DEFAULT,
		.files = { .certificate_passed = -1, .key_passed = -1 },
	};
	return options_parse(options, argc, argv, s, &arguments) &&
	    take_arguments(s, argv[0], arguments);
}

bool
settings_answer(const struct settings *s)
{
	if (s->help) {
		puts("usage: " PROGRAM " [options]\n"
		    "       " PROGRAM " [options] --check [USER...]\n"
		    "       " PROGRAM " [options] --import-uidl=SOURCE "
		    "--all|USER...\n"
		    "POP3 for one connection: on standard input and output, or "
		    "on systemd's socket.\n");
		options_help(options, stdout);
	} else if (s->version) {
		puts(PROGRAM " " VERSION);
	}
	return s->help || s->version;
}

/* --- what was not said --------------------------------------------------- */

/* The directory beside an ordinary user's own files (XDG base directories). */
static const char *
own_state_directory(void)
{
	static char at[1024];
	const char *base = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	struct strbuf text = strbuf_init(at, sizeof(at));

	if (base != NULL && base[0] == '/')
		strbuf_format(&text, "%s/" PROGRAM, base);
	else
		strbuf_format(&text, "%s/.local/state/" PROGRAM,
		    home == NULL ? "" : home);
	return text.truncated ? STATE_DIRECTORY : at;
}

bool
settings_is_service_user(const struct settings *s)
{
	const struct passwd *user = getpwnam(s->user);

	return user != NULL && user->pw_uid == geteuid();
}

static const char *
default_state_directory(const struct settings *s)
{
	const char *given = getenv("STATE_DIRECTORY");

	if (given != NULL)
		return given;
	return identity_is_ordinary() &&
	    !(s->check && settings_is_service_user(s))
	    ? own_state_directory() : STATE_DIRECTORY;
}

static const char *
default_hostname(void)
{
	static char at[HOSTNAME_MAX + 1];

	return gethostname(at, sizeof(at) - 1) == 0 && is_hostname(at) ? at
	    : "localhost";
}

/* Where systemd has passed credentials (systemd.exec(5)); NULL where it has
 * nothing to do with us. A check looks at what it would pass: none is there. */
static const char *
credentials_directory(const struct settings *s)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");

	return directory == NULL && s->check &&
	    access("/run/systemd/system", F_OK) == 0 ? "/run/credentials"
	    : directory;
}

/* One of them, NULL if there is none: an empty line stands for that in our
 * units. If it stands for a file of the administrator's that systemd could not
 * load, it is that file: whoever opens it finds out why. */
static const char *
credential(const char *directory, const char *name, const char *source,
    char *at, size_t size)
{
	struct strbuf text = strbuf_init(at, size);
	struct stat status;

	strbuf_format(&text, "%s/%s", directory, name);
	if (!text.truncated && stat(at, &status) == 0 && status.st_size > 1)
		return at;
	return lstat(source, &status) == 0 ? source : NULL;
}

static void
take_credentials(struct tls_files *files, const char *from)
{
	static char certificate[1024], key[1024];

	files->certificate = credential(from, "tls-cert", SYSTEMD_CERTIFICATE,
	    certificate, sizeof(certificate));
	if (files->certificate == NULL)
		return;
	files->certificate_name = SYSTEMD_CERTIFICATE " (credential tls-cert)";
	files->key = credential(from, "tls-key", SYSTEMD_KEY, key,
	    sizeof(key));
	files->key_name = SYSTEMD_KEY " (credential tls-key)";
	if (files->key == NULL)
		files->key_name = SYSTEMD_KEY " is not there, and "
		    SYSTEMD_CERTIFICATE;
}

static void
complete_tls(struct settings *s)
{
	const char *passed = credentials_directory(s);

	s->files.tickets = s->check ? NULL : s->state;
	if (s->files.certificate == NULL && s->files.key == NULL &&
	    passed != NULL)
		take_credentials(&s->files, passed);
	if (s->files.key == NULL)
		s->files.key = s->files.certificate;
	if (s->tls == TLS_IF_POSSIBLE)
		s->tls = s->files.certificate != NULL ? TLS_BY_COMMAND
		    : TLS_OFF;
}

bool
settings_want_import(const struct settings *s)
{
	return s->import.source != NULL || s->import.export != NULL;
}

void
settings_complete(struct settings *s)
{
	if (s->hostname == NULL)
		s->hostname = default_hostname();
	if (s->state == NULL)
		s->state = default_state_directory(s);
	if (s->login_seconds == 0)
		s->login_seconds = s->idle_seconds;
	complete_tls(s);
}

void
settings_read_ids(struct settings *s)
{
	if (s->uid_min == 0)
		s->uid_min = auth_system_uid_min();
	s->gid_min = auth_system_gid_min();
	if (s->gid_min > s->uid_min)
		s->gid_min = s->uid_min;	/* both may begin lower */
}

void
settings_policy(struct settings *s, struct auth_policy *policy)
{
	settings_read_ids(s);
	*policy = (struct auth_policy){
		.uid_min = s->uid_min,
		.reserved_uid_first = SANDBOX_RESERVED_ID_FIRST,
		.reserved_uid_last = SANDBOX_RESERVED_ID_LAST,
		.only_own_uid = identity_is_ordinary(),
		.own_uid = geteuid(),
		.domains = &s->domains,
		.state = s->state,
	};
}

/* --- whether they go together -------------------------------------------- */

/* What is wrong with what an import was told, or NULL. */
static const char *
find_import_fault(const struct settings *s)
{
	const struct import_settings *import = &s->import;
	bool is_named = s->users[0] != NULL;

	if (!settings_want_import(s))
		return import->all || import->compare || import->dry_run ||
		    import->again ? "--all, --compare, --dry-run and --again "
		    "go with --import-uidl" : NULL;
	if (is_named == import->all)
		return "name the users, or give --all";
	if (import->source != NULL && import->export != NULL)
		return "--import-uidl and --export-uidl exclude each other";
	return NULL;
}

/* What is wrong, or NULL. */
static const char *
find_fault(const struct settings *s)
{
	if (auth_uses_system_names(s->accounts) && identity_is_ordinary())
		return "only root can serve the system's accounts; an "
		    "ordinary user needs --accounts=FILE";
	if (s->files.certificate == NULL && s->files.key != NULL)
		return "there is a key but no certificate: --tls-cert=FILE";
	if (s->files.certificate == NULL && s->tls != TLS_OFF)
		return SETTINGS_NO_CERTIFICATE;
	return find_import_fault(s);
}

bool
settings_are_valid(const struct settings *s)
{
	const char *fault = find_fault(s);

	if (fault != NULL) {
		log_note(LOG_ERR, "%s", fault);
		return false;
	}
	if (s->idle_seconds < IDLE_SECONDS_DEFAULT)
		log_note(LOG_WARNING, "--idle-timeout=%u is less than the 600 "
		    "seconds of RFC 1939", s->idle_seconds);
	return true;
}
