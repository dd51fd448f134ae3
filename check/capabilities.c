/* What a client is told, by a session in a process of its own whose client is
 * a socket. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/strbuf.h"
#include "check/question.h"
#include "session.h"

#define DIALOGUE "CAPA\r\nQUIT\r\n"
#define REPLIES_MAX 1024
#define MILLISECONDS_MAX 10000

static void
take_nothing(void *context, int priority, const char *line)
{
	(void)context;
	(void)priority;
	(void)line;
}

static void
converse(const struct check *c, int fd, bool is_local)
{
	const struct session_settings settings = {
		.hostname = c->settings->hostname,
		.idle_milliseconds = MILLISECONDS_MAX,
		.login_milliseconds = MILLISECONDS_MAX,
		.client = "a check",
		.allows_plaintext = is_local || c->settings->allow_cleartext,
	};
	struct connection *connection = connection_new(fd, fd,
	    MILLISECONDS_MAX);
	struct session *session = connection == NULL ? NULL
	    : session_new(connection, c->auth, &settings);
	struct auth_account account;

	log_divert(take_nothing, NULL);
	if (session == NULL)
		return;
	if (c->settings->tls != TLS_OFF)
		connection_offer_tls(connection, c->tls);
	session_greet(session);
	session_authorize(session, &account);
	session_end(session);
}

/* Reads until the session has ended. */
static void
read_all(int fd, struct strbuf *text)
{
	char data[512];
	ssize_t n;

	while ((n = read(fd, data, sizeof(data))) > 0)
		strbuf_add(text, data, (size_t)n);
}

/* What a client that asks is answered. */
static void
ask(const struct check *c, bool is_local, struct strbuf *replies)
{
	int ends[2];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
		return;
	child = write(ends[0], DIALOGUE, strlen(DIALOGUE)) == -1 ? -1 : fork();
	if (child == 0) {
		converse(c, ends[1], is_local);
		_exit(EXIT_SUCCESS);
	}
	close(ends[1]);
	if (child != -1) {
		read_all(ends[0], replies);
		waitpid(child, NULL, 0);
	}
	close(ends[0]);
}

/* "USER, STLS": the lines behind the second +OK, up to the dot. */
static void
list_capabilities(const char *replies, struct strbuf *list)
{
	const char *at = strstr(replies, "\n+OK");

	if (at == NULL)
		return;
	at += 1 + strcspn(at + 1, "\n");
	while (at[0] != '\0' && at[1] != '.' && at[1] != '\0') {
		size_t length = strcspn(++at, "\r\n");

		strbuf_format(list, "%s%.*s", list->length > 0 ? ", " : "",
		    (int)length, at);
		at += strcspn(at, "\n");
	}
}

/* Whether a password may come from there, in clear or after TLS was started. */
static bool
has_way_in(const struct check *c, bool is_local)
{
	return is_local || c->settings->allow_cleartext ||
	    (c->tls != NULL && tls_is_usable(c->tls));
}

static void
check_one(struct check *c, bool is_local, const char *whom)
{
	char received[REPLIES_MAX], listed[REPLIES_MAX];
	struct strbuf replies = strbuf_init(received, sizeof(received));
	struct strbuf list = strbuf_init(listed, sizeof(listed));

	ask(c, is_local, &replies);
	list_capabilities(received, &list);
	if (list.length == 0)
		report_line(&c->report, REPORT_FAIL, "see the log",
		    "CAPA has no answer for %s", whom);
	else if (!has_way_in(c, is_local))
		report_line(&c->report, REPORT_WARN, "give it a certificate; "
		    "or --allow-cleartext, and passwords can be read on the "
		    "way", "nobody can log in from %s on port 110: %s", whom,
		    listed);
	else
		report_line(&c->report, REPORT_OK, NULL, "%s: %s", whom,
		    listed);
}

void
check_capabilities(struct check *c)
{
	check_one(c, false, "other machines");
	check_one(c, true, "this machine");
}
