/*
 * pop3-handler: POP3 for the mailboxes of a machine, started by inetd or
 * systemd.
 *
 * A process has one of five lives: it serves the connection that it was passed
 * (life), it hands the connections of sockets to children (listen), it finishes
 * what crashes have interrupted (recover), it tells what is wrong (check), or
 * it takes unique ids over from another server (import).
 */
#include <signal.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "check.h"
#include "import.h"
#include "life.h"
#include "listen.h"
#include "privilege/sandbox.h"
#include "recover.h"
#include "settings.h"

enum exit_status {
	EXIT_ENDED_PROPERLY = 0,
	EXIT_NOT_WELL = 1,		/* --check found something; ids are
					   missing */
	EXIT_CALLED_WRONGLY = 100,
	EXIT_SYSTEM_FAILED = 111,
	EXIT_MAILBOX_FAILED = 112,	/* an update may be interrupted */
};

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

/* Serves the connection or the sockets that were passed. */
static bool
serve(struct life *life, char **argv)
{
	if (!passed_find(&life->passed))
		return false;
	if (life->passed.socket_count > 0)
		return listen_serve(life, argv);
	life_serve(life);
	return life_end(life);
}

static int
status_of(const struct life *life, bool did_our_part)
{
	if (did_our_part)
		return EXIT_ENDED_PROPERLY;
	return life->had_maildrop ? EXIT_MAILBOX_FAILED : EXIT_SYSTEM_FAILED;
}

static int
status_of_import(enum import_outcome outcome)
{
	switch (outcome) {
	case IMPORT_DONE:
		return EXIT_ENDED_PROPERLY;
	case IMPORT_NOT_ALL:
		return EXIT_NOT_WELL;
	case IMPORT_FAILED:
		break;
	}
	return EXIT_SYSTEM_FAILED;
}

int
main(int argc, char **argv)
{
	struct life life = { 0 };
	struct settings *settings = &life.settings;
	int status;

	if (!prepare_process())
		return EXIT_SYSTEM_FAILED;
	if (!settings_parse(settings, argc, argv))
		return EXIT_CALLED_WRONGLY;
	if (settings_answer(settings))
		return EXIT_ENDED_PROPERLY;
	settings_complete(settings);
	if (settings->check)
		return check_all(settings, argc, argv) ? EXIT_ENDED_PROPERLY
		    : EXIT_NOT_WELL;
	log_open(settings->log, PROGRAM, "POP3");
	if (settings->recover)
		return recover_all(settings) ? EXIT_ENDED_PROPERLY
		    : EXIT_SYSTEM_FAILED;
	if (!settings_are_valid(settings))
		return EXIT_CALLED_WRONGLY;
	if (settings_want_import(settings))
		return status_of_import(import_users(settings));
	status = status_of(&life, serve(&life, argv));
	if (life.is_child)
		_exit(status);
	return status;
}
