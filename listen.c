#include "listen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/boot.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/log_option.h"
#include "connection/tls.h"
#include "listener/channel.h"
#include "listener/fresh.h"
#include "listener/listener.h"
#include "listener/process.h"
#include "privilege/identity.h"
#include "privilege/sandbox.h"

/* How old a listener becomes whose certificate or key cannot be used. */
#define AGE_WITHOUT_TLS_SECONDS 60

/* RFC 3206: it is not the client's doing. */
#define REFUSAL "-ERR [SYS/TEMP] too many connections\r\n"

/* What all children depend on, beside what each looks at by itself. */
static const char *const system_files[] = {
	"/etc/login.defs", "/etc/nsswitch.conf", "/etc/group", "/etc/hostname",
	SYSTEMD_CERTIFICATE, SYSTEMD_KEY, SYSTEMD_OPTIONS, NULL
};

static bool
move_sockets(struct passed *p)
{
	for (unsigned i = 0; i < p->socket_count; i++)
		if (!process_take_socket(&p->sockets[i].fd))
			return false;
	return fd_open_standard();
}

/* The lowest descriptor that is free. */
static int
next_descriptor(void)
{
	int fd = dup(STDIN_FILENO);

	if (fd != -1)
		close(fd);
	return fd;
}

/* Whether modules of accounts leave nothing open once they were asked: tried in
 * a process of its own. */
static bool
modules_leave_nothing(const struct life *l)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		int before = next_descriptor();

		auth_touch(l->auth);
		_exit(next_descriptor() == before ? EXIT_SUCCESS
		    : EXIT_FAILURE);
	}
	while (child > 0 && waitpid(child, &status, 0) == -1)
		if (errno != EINTR)
			return false;
	return child > 0 && WIFEXITED(status) &&
	    WEXITSTATUS(status) == EXIT_SUCCESS;
}

/* What is the same for all children is loaded once. A module that keeps a
 * connection to a service is not asked: no two processes may share that. */
static void
touch(const struct life *l)
{
	char boot[BOOT_ID_SIZE];

	boot_id(boot);
	if (modules_leave_nothing(l))
		auth_touch(l->auth);
}

static void
watch_files(const struct life *l, struct watch *watch)
{
	const struct tls_files *tls = &l->settings.files;
	int certificate = -1, key = -1;

	if (l->tls != NULL)
		tls_descriptors(l->tls, &certificate, &key);
	if (auth_descriptor(l->auth) != -1)
		watch_add_open(watch, l->settings.accounts,
		    auth_descriptor(l->auth));
	watch_add_open(watch, tls->certificate, certificate);
	watch_add_open(watch, tls->key, key);
	for (size_t i = 0; system_files[i] != NULL; i++)
		watch_add(watch, system_files[i]);
}

/* The greeting stays the caller's. */
static void
fill(const struct life *l, const char *greeting, struct listener *listener)
{
	*listener = (struct listener){
		.limits = l->settings.listener,
		.socket_count = l->passed.socket_count,
		.signals = -1,
		.watch = listener->watch,
	};
	/* a certificate may be renewed, and its key not yet */
	if (l->lacks_tls && listener->limits.age_seconds >
	    AGE_WITHOUT_TLS_SECONDS)
		listener->limits.age_seconds = AGE_WITHOUT_TLS_SECONDS;
	for (unsigned i = 0; i < listener->socket_count; i++) {
		bool is_clear = !l->is_implicit &&
		    !l->passed.sockets[i].is_implicit;

		listener->sockets[i] = (struct listener_socket){
			.fd = l->passed.sockets[i].fd,
			.greeting = is_clear ? greeting : NULL,
			.refusal = is_clear ? REFUSAL : NULL,
		};
	}
	watch_files(l, &listener->watch);
}

static bool
prepare(struct life *l)
{
	if (!move_sockets(&l->passed)) {
		log_note(LOG_ERR, "cannot take the sockets: %s",
		    strerror(errno));
		return false;
	}
	if (!life_prepare(l))
		return false;
	touch(l);
	return sandbox_listener(l->settings.uid_min, l->settings.gid_min);
}

/* Waits in the listener's sandbox, as nobody's octets are read here. */
static void
serve_anew(const struct life *l, int channel,
    const struct process_program *program)
{
	unsigned socket;
	struct fresh fresh = {
		.program = program->path,
		.argv = program->argv,
		.connection = channel_take(channel, &socket),
		.descriptors = {
			{ PASSED_LOGIN, channel },
			{ PASSED_ACCOUNTS, auth_descriptor(l->auth) },
			{ PASSED_CERTIFICATE, -1 }, { PASSED_KEY, -1 },
		},
		.descriptor_count = 4,
		.options = { log_option(),
		    "--tls=implicit" },
		.option_count = 1,
	};

	if (fresh.connection == -1 || socket >= l->passed.socket_count)
		return;
	if (l->tls != NULL)
		tls_descriptors(l->tls, &fresh.descriptors[2].fd,
		    &fresh.descriptors[3].fd);
	fresh.option_count += l->passed.sockets[socket].is_implicit;
	if (identity_pass_on())
		fresh_execute(&fresh);
}

static void
recover_anew(const struct process_program *program)
{
	const struct fresh fresh = {
		.program = program->path,
		.argv = program->argv,
		.connection = -1,
		.options = { log_option(), "--recover" },
		.option_count = 2,
	};

	if (identity_pass_on())
		fresh_execute(&fresh);
}

/* Whether the system did its part, in the listener or in a child of it. */
static bool
take_role(struct life *l, enum listener_role role, int channel,
    const struct process_program *program)
{
	switch (role) {
	case LISTENER_SPARE:
		if (process_part())
			life_serve_next(l, channel);
		return life_end(l);
	case LISTENER_FRESH:
		serve_anew(l, channel, program);
		break;
	case LISTENER_RECOVERS:
		recover_anew(program);
		break;
	case LISTENER_ENDED:
	case LISTENER_FAILED:
		break;
	}
	life_end(l);
	return role == LISTENER_ENDED;
}

bool
listen_serve(struct life *l, char *const *argv)
{
	enum listener_role role = LISTENER_FAILED;
	struct listener listener = { .signals = -1 };
	struct process_program program;
	char greeting[SESSION_GREETING_SIZE];
	int channel = -1;

	log_as_parent();
	watch_begin(&listener.watch);
	process_find_program(&program, argv);
	if (prepare(l)) {
		life_greeting(l, greeting);
		fill(l, greeting, &listener);
		watch_add(&listener.watch, program.path);
		if (listener_open(&listener))
			role = listener_run(&listener, &channel);
	}
	listener_close(&listener);
	if (role != LISTENER_SPARE)
		listener_free(&listener);
	return take_role(l, role, channel, &program);
}
