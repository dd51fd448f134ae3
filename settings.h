/*
 * What a process is told to do: options, defaults, and whether they go
 * together.
 *
 *	settings_parse		takes the command line
 *	settings_complete	fills in what was not said: from the environment
 *				and the system
 *	settings_are_valid	before a connection is served
 *	settings_read_ids	opens a file: as late as can be
 *
 * The strings are argv's, the environment's or static.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdbool.h>
#include <sys/types.h>

#include "auth/policy.h"
#include "base/log.h"
#include "connection/tls_files.h"
#include "import/settings.h"
#include "listener/settings.h"
#include "maildrop.h"

#define PROGRAM "pop3-handler"

/* What systemd reads for us when the unit starts: certificate and key, which it
 * passes as credentials, and options. */
#define SYSTEMD_CERTIFICATE CONFIGURATION_DIRECTORY "/pop3-handler/tls-cert.pem"
#define SYSTEMD_KEY CONFIGURATION_DIRECTORY "/pop3-handler/tls-key.pem"
#define SYSTEMD_OPTIONS CONFIGURATION_DIRECTORY "/default/pop3-handler"

/* What the log says where TLS is wanted. */
#define SETTINGS_NO_CERTIFICATE "there is no certificate for TLS: " \
	"--tls-cert=FILE, or the credential tls-cert"

enum tls_mode {
	TLS_IF_POSSIBLE,	/* STLS, if a certificate is known */
	TLS_OFF,
	TLS_BY_COMMAND,
	TLS_FROM_START,
};

struct settings {
	const char *accounts;		/* auth.h */
	struct option_list domains;	/* auth/names.h */
	const char *maildrop;		/* template: maildrop.h */
	const char *state;		/* directory */
	const char *user;		/* the service user */
	const char *hostname;
	unsigned idle_seconds;
	unsigned login_seconds;		/* 0: idle_seconds */
	unsigned session_wait_seconds;
	struct listener_settings listener;
	uid_t uid_min;			/* 0: UID_MIN of login.defs(5) */
	gid_t gid_min;			/* by settings_read_ids */
	unsigned uidl;			/* maildrop.h */
	enum log_target log;
	enum tls_mode tls;
	struct tls_files files;
	bool allow_cleartext;
	bool recover, check, as_json, help, version;
	char **users;			/* whom --check, --import-uidl or
					   --export-uidl are about; ends with
					   NULL */
	struct import_settings import;
};

/* Sets all defaults, then what the command line says. False after one line on
 * standard error. */
bool settings_parse(struct settings *, int argc, char **argv);

/* Prints what --help or --version asks for; false if neither was said. */
bool settings_answer(const struct settings *);

void settings_complete(struct settings *);

/* Whether the process is the service user's; one that only looks has none of
 * its capabilities then. */
bool settings_is_service_user(const struct settings *);

/* Whether unique ids are to be imported or exported, and nobody served. */
bool settings_want_import(const struct settings *);

/* False after a log line; warns of what is unwise. */
bool settings_are_valid(const struct settings *);

/* The lowest user and group id of accounts. */
void settings_read_ids(struct settings *);

/* Who may log in, which these settings outlive; reads the ids. */
void settings_policy(struct settings *, struct auth_policy *);

#endif
