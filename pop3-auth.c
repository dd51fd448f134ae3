/*
 * pop3-auth: asks PAM for pop3-handler, whose processes are never root while a
 * stranger talks to them.
 *
 * A process answers one request, or is a listener whose children do, as with
 * the server itself: inetd's `nowait` and `wait`, systemd's Accept=yes and
 * Accept=no. It is root from start to end. What it reads is a name, a password
 * and an address, each with a limit, of the service user alone.
 */
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/log_option.h"
#include "base/options.h"
#include "helper/request.h"
#include "listener/channel.h"
#include "listener/fresh.h"
#include "listener/listener.h"
#include "listener/process.h"
#include "passed.h"
#include "privilege/sandbox.h"

#define PROGRAM "pop3-auth"
#define SERVER "pop3-handler"

/* Made if it is not there; nobody else's. */
#define PLACES "/run/" PROGRAM

/* The server has fewer connections that can ask (--max-preauth). */
#define REQUESTS_MAX 512

/* Of those that have not shown who they are. */
#define STRANGERS_MAX 16

enum exit_status {
	EXIT_ENDED_PROPERLY = 0,
	EXIT_CALLED_WRONGLY = 100,
	EXIT_SYSTEM_FAILED = 111,
};

struct settings {
	const char *user, *service;
	unsigned idle_seconds;
	enum log_target log;
	bool help, version;
};

static bool
is_not_empty(const char *value)
{
	return value[0] != '\0';
}

static const struct option_row options[] = {
	OPTION_TEXT_ROW("user", struct settings, user, "NAME", is_not_empty,
	    "a user name", "who may ask (" SERVER ")"),
	OPTION_TEXT_ROW("service", struct settings, service, "NAME",
	    is_not_empty, "the name of a file in /etc/pam.d",
	    "PAM's service (" SERVER ")"),
	OPTION_NUMBER_ROW("listener-idle", struct settings, idle_seconds,
	    "SECONDS", 1, LISTENER_SECONDS_MAX,
	    "until a listener without requests ends\n(300)"),
	OPTION_WORD_ROW("log", struct settings, log, log_words,
	    "default: by how it was started"),
	OPTION_FLAG_ROW("help", struct settings, help, "print this"),
	OPTION_FLAG_ROW("version", struct settings, version,
	    "print the version"),
	{ 0 },
};

static bool
answer_option(const struct settings *s)
{
	if (s->help) {
		puts("usage: " PROGRAM " [options]\n"
		    "Asks PAM for " SERVER ": on standard input, or on "
		    "systemd's socket.\n");
		options_help(options, stdout);
	} else if (s->version) {
		puts(PROGRAM " " VERSION);
	}
	return s->help || s->version;
}

/* Nobody is told what a signal of a peer's or a terminal's is for. */
static bool
prepare_process(void)
{
	umask(022);	/* modules make directories for all */
	return fd_open_standard() && sandbox_forbid_dumps() &&
	    signal(SIGCHLD, SIG_DFL) != SIG_ERR &&
	    signal(SIGPIPE, SIG_IGN) != SIG_ERR;
}

static bool
find_rules(const struct settings *s, struct request_rules *rules)
{
	const struct passwd *user = getpwnam(s->user);

	if (user == NULL) {
		log_note(LOG_ERR, "no user %s who could ask", s->user);
		return false;
	}
	*rules = (struct request_rules){
		.user = user->pw_uid, .service = s->service, .places = PLACES,
	};
	return true;
}

/* The listener is told who is no stranger: he is not dropped for others. */
static bool
serve(int connection, int login, const struct request_rules *rules)
{
	if (!request_begin(connection, rules))
		return false;
	if (login != -1)
		channel_tell_login(login);
	return request_answer(connection, rules);
}

static bool
serve_next(int channel, const struct request_rules *rules)
{
	unsigned socket;
	int connection;

	if (!process_part())
		return false;
	connection = channel_take(channel, &socket);
	return connection == -1 || serve(connection, channel, rules);
}

static void
serve_anew(int channel, const struct process_program *program)
{
	unsigned socket;
	const struct fresh fresh = {
		.program = program->path,
		.argv = program->argv,
		.connection = channel_take(channel, &socket),
		.descriptors = { { PASSED_LOGIN, channel } },
		.descriptor_count = 1,
		.options = { log_option() },
		.option_count = 1,
	};

	if (fresh.connection != -1)
		fresh_execute(&fresh);
}

static bool
open_listener(const struct settings *s, struct passed *passed,
    const struct process_program *program, struct listener *l)
{
	static const char *const depends_on[] = {
		"/etc/passwd", "/etc/nsswitch.conf", "/etc/login.defs",
	};

	l->limits = (struct listener_settings)LISTENER_SETTINGS_DEFAULT;
	l->limits.connections_max = REQUESTS_MAX;
	l->limits.per_source_max = REQUESTS_MAX;
	l->limits.preauth_max = STRANGERS_MAX;
	l->limits.idle_seconds = s->idle_seconds;
	for (unsigned i = 0; i < passed->socket_count; i++) {
		if (!process_take_socket(&passed->sockets[i].fd))
			return false;
		l->sockets[l->socket_count++].fd = passed->sockets[i].fd;
	}
	for (size_t i = 0; i < sizeof(depends_on) / sizeof(*depends_on); i++)
		watch_add(&l->watch, depends_on[i]);
	watch_add(&l->watch, program->path);
	return fd_open_standard() && listener_open(l);
}

static bool
take_role(enum listener_role role, int channel,
    const struct process_program *program, const struct request_rules *rules)
{
	switch (role) {
	case LISTENER_SPARE:
		return serve_next(channel, rules);
	case LISTENER_FRESH:
		serve_anew(channel, program);
		break;
	case LISTENER_ENDED:
	case LISTENER_RECOVERS:		/* there is nothing to recover */
		return true;
	case LISTENER_FAILED:
		break;
	}
	return false;
}

static bool
listen_serve(const struct settings *s, struct passed *passed, char **argv)
{
	enum listener_role role = LISTENER_FAILED;
	struct listener listener = { .signals = -1 };
	int channel = -1;
	struct process_program program;
	struct request_rules rules;

	log_as_parent();
	watch_begin(&listener.watch);
	process_find_program(&program, argv);
	if (find_rules(s, &rules) &&
	    open_listener(s, passed, &program, &listener))
		role = listener_run(&listener, &channel);
	listener_close(&listener);
	listener_free(&listener);
	return take_role(role, channel, &program, &rules);
}

static bool
serve_passed(const struct settings *s, char **argv)
{
	struct request_rules rules;
	struct passed passed;

	if (!passed_find(&passed))
		return false;
	if (passed.socket_count > 0)
		return listen_serve(s, &passed, argv);
	return find_rules(s, &rules) &&
	    serve(passed.in, passed.login, &rules);
}

static bool
take_arguments(struct settings *s, int argc, char **argv)
{
	char **others;

	if (!options_parse(options, argc, argv, s, &others))
		return false;
	if (others[0] != NULL)
		options_refuse(argv[0], others[0]);
	return others[0] == NULL;
}

int
main(int argc, char **argv)
{
	struct settings settings = {
		.user = SERVER, .service = SERVER, .log = LOG_TO_DEFAULT,
		.idle_seconds = 300,
	};

	if (!prepare_process())
		return EXIT_SYSTEM_FAILED;
	if (!take_arguments(&settings, argc, argv))
		return EXIT_CALLED_WRONGLY;
	if (answer_option(&settings))
		return EXIT_ENDED_PROPERLY;
	log_open(settings.log, PROGRAM, "POP3_AUTH");
	return serve_passed(&settings, argv) ? EXIT_ENDED_PROPERLY
	    : EXIT_SYSTEM_FAILED;
}
