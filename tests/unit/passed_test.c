/*
 * What a process was started with (passed.h). A fake libsystemd tells of
 * descriptors from 3 on.
 */
#include "passed.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/systemd.h"
#include "tests/unit/check.h"

#define FIRST 3
#define PASSED_MAX 12

static const char *passed_names[PASSED_MAX];
static int passed_count;
static int log_end;

/* --- the fake library ------------------------------------------------------ */

int
systemd_listen_fds(struct systemd_names *names)
{
	names->at = NULL;
	if (passed_count <= 0)
		return passed_count;
	names->at = calloc(PASSED_MAX + 1, sizeof(*names->at));
	for (int i = 0; i < passed_count; i++)
		names->at[i] = strdup(passed_names[i]);
	return passed_count;
}

void
systemd_names_free(struct systemd_names *names)
{
	for (size_t i = 0; names->at != NULL && names->at[i] != NULL; i++)
		free(names->at[i]);
	free(names->at);
}

void
systemd_notify(const char *state)
{
	(void)state;
}

bool
systemd_journal(const struct iovec *fields, int count)
{
	(void)fields;
	(void)count;
	return false;
}

/* --- descriptors ------------------------------------------------------------ */

static int
listening(int family)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(family, SOCK_STREAM, 0);

	/* a unix socket gets a name by itself, and one of TCP a port */
	if ((family == AF_UNIX && bind(fd, (struct sockaddr *)&address,
	    sizeof(sa_family_t)) == -1) || listen(fd, 1) == -1)
		abort();
	return fd;
}

static int
connection(void)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1)
		abort();
	return ends[0];
}

static void
put_at(int at, int fd)
{
	if (dup2(fd, at) == -1)
		abort();
	if (fd != at)
		close(fd);
}

/* What a word stands for: a name, and of what if not of a file. */
static void
pass(const char *name)
{
	int fd = strncmp(name, "pop3", 4) == 0 ? listening(AF_INET)
	    : strncmp(name, "unix", 4) == 0 ? listening(AF_UNIX)
	    : strncmp(name, "peer", 4) == 0 ? connection()
	    : open("/dev/null", O_RDONLY);

	passed_names[passed_count] = name;
	put_at(FIRST + passed_count++, fd);
}

static void
reset(int on_standard_input)
{
	passed_count = 0;
	put_at(STDIN_FILENO, on_standard_input);
}

static void
check_log(const char *wanted)
{
	char text[1024];
	ssize_t n;

	if (write(STDERR_FILENO, "", 1) != 1)	/* it never waits */
		abort();
	n = read(log_end, text, sizeof(text) - 1);
	text[n > 0 ? n - 1 : 0] = '\0';
	check_that(wanted[0] == '\0' ? text[0] == '\0'
	    : strstr(text, wanted) != NULL, "logged '%s', not '%s'", text,
	    wanted);
}

/* --- what is found ----------------------------------------------------------- */

static void
check_one(struct passed *p, int in, int out, unsigned sockets)
{
	check_that(passed_find(p), "it is refused");
	check_that(p->in == in && p->out == out, "connection %d, %d", p->in,
	    p->out);
	check_same(p->socket_count, sockets, "sockets");
	check_log("");
}

static void
check_standard(void)
{
	struct passed p;

	check_begin("Without anything passed it is standard input and output");
	reset(connection());
	check_one(&p, STDIN_FILENO, STDOUT_FILENO, 0);
	check_that(p.accounts == -1 && p.certificate == -1 && p.key == -1 &&
	    p.login == -1, "something else was found");
	check_end();
	check_begin("A socket there that waits is a listener's");
	reset(listening(AF_INET));
	check_one(&p, -1, -1, 1);
	check_that(p.sockets[0].fd == STDIN_FILENO &&
	    !p.sockets[0].is_implicit, "another socket");
	check_end();
}

static void
check_sockets(void)
{
	struct passed p;

	check_begin("Sockets are those that wait; pop3s begins their name "
	    "where all is inside TLS");
	reset(connection());
	pass("pop3");
	pass("pop3s");
	pass("pop3s-office");
	pass("unix");
	check_one(&p, -1, -1, 4);
	for (int i = 0; i < 4; i++)
		check_same((uint64_t)p.sockets[i].fd, (uint64_t)(FIRST + i),
		    "descriptor");
	check_that(!p.sockets[0].is_implicit && p.sockets[1].is_implicit &&
	    p.sockets[2].is_implicit && !p.sockets[3].is_implicit,
	    "TLS elsewhere");
	check_end();
}

static void
check_connection(void)
{
	struct passed p;

	check_begin("A connection that is passed is served both ways");
	reset(open("/dev/null", O_RDONLY));
	pass("peer");
	check_one(&p, FIRST, FIRST, 0);
	check_end();
}

static void
check_files(void)
{
	struct passed p;

	check_begin("Files are found by their names, and the connection is "
	    "standard input");
	reset(connection());
	pass(PASSED_LOGIN);
	pass(PASSED_KEY);
	pass(PASSED_ACCOUNTS);
	pass(PASSED_CERTIFICATE);
	check_one(&p, STDIN_FILENO, STDOUT_FILENO, 0);
	check_that(p.login == FIRST && p.key == FIRST + 1 &&
	    p.accounts == FIRST + 2 && p.certificate == FIRST + 3,
	    "other descriptors");
	check_end();
}

static void
check_refused(const char *sentence, const char *const *names, const char *log)
{
	struct passed p;

	check_begin(sentence);
	reset(connection());
	for (; *names != NULL; names++)
		pass(*names);
	check_that(!passed_find(&p), "it is not refused");
	check_log(log);
	check_end();
}

static void
check_no_library(void)
{
	struct passed p;

	check_begin("Without the library nothing is guessed");
	reset(connection());
	passed_count = -1;
	check_that(!passed_find(&p), "it is not refused");
	check_log("libsystemd");
	check_end();
}

int
main(void)
{
	static const char *const both[] = { "pop3", "peer", NULL };
	static const char *const other_way[] = { "peer", "pop3", NULL };
	static const char *const two[] = { "peer", "peer2", NULL };
	static const char *const nine[] = {
		"pop3", "pop3", "pop3", "pop3", "pop3", "pop3", "pop3",
		"pop3", "pop3", NULL
	};
	int ends[2];

	if (pipe(ends) == -1 || dup2(ends[1], STDERR_FILENO) == -1)
		abort();
	log_end = fcntl(ends[0], F_DUPFD, FIRST + PASSED_MAX);
	log_open(LOG_TO_STDERR, "test", "TEST");
	check_standard();
	check_sockets();
	check_connection();
	check_files();
	check_refused("A socket and a connection are refused", both, "both");
	check_refused("A connection and a socket are refused", other_way,
	    "both");
	check_refused("Two connections are refused", two, "one connection");
	check_refused("Nine sockets are refused", nine, "more than 8");
	check_no_library();
	return check_status();
}
