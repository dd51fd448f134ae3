/* Unit driver: what systemd passes and is told, and the journal's entries, as
 * sd_listen_fds(3), sd_notify(3) and the journal's protocol have them. */
#include "base/systemd.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/journal.h"
#include "tests/unit/check.h"

static char directory[] = "/tmp/systemd-test-XXXXXX";
static char path[sizeof(directory) + 8];

/* --- what was passed ------------------------------------------------------ */

/* NULL leaves a variable out. The pid is ours unless it is said. */
static void
pass(const char *pid, const char *count, const char *names)
{
	char own[32];

	snprintf(own, sizeof(own), "%ld", (long)getpid());
	setenv("LISTEN_PID", pid != NULL ? pid : own, 1);
	if (count != NULL)
		setenv("LISTEN_FDS", count, 1);
	if (names != NULL)
		setenv("LISTEN_FDNAMES", names, 1);
}

static void
check_forgotten(void)
{
	check_that(getenv("LISTEN_PID") == NULL &&
	    getenv("LISTEN_FDS") == NULL && getenv("LISTEN_FDNAMES") == NULL,
	    "the environment remembers");
}

static void
check_passed(const char *sentence, int wanted, const char *first,
    const char *second)
{
	struct systemd_names names;
	int count;

	check_begin(sentence);
	count = systemd_listen_fds(&names);
	check_that(count == wanted, "%d, and not %d", count, wanted);
	if (count > 0 && names.at != NULL)
		check_that(strcmp(names.at[0], first) == 0 && (count == 1 ||
		    strcmp(names.at[1], second) == 0), "other names");
	check_forgotten();
	systemd_names_free(&names);
	check_end();
}

static void
check_what_was_passed(void)
{
	int end = SYSTEMD_FIRST_PASSED + 2;

	for (int fd = SYSTEMD_FIRST_PASSED; fd < end; fd++)
		dup2(STDERR_FILENO, fd);
	close(end);
	check_passed("nothing was passed", 0, "", "");
	pass("1", "2", NULL);
	check_passed("what is another process's is not ours", 0, "", "");
	pass(NULL, NULL, NULL);
	check_passed("a pid alone is nothing", 0, "", "");
	pass(NULL, "2", "a:b");
	check_passed("two, with their names", 2, "a", "b");
	check((fcntl(SYSTEMD_FIRST_PASSED, F_GETFD) & FD_CLOEXEC) != 0 &&
	    (fcntl(end - 1, F_GETFD) & FD_CLOEXEC) != 0,
	    "they are closed when a program is executed");
	pass(NULL, "2", ":");
	check_passed("names may be empty", 2, "", "");
	pass(NULL, "1", NULL);
	check_passed("one without a name is unknown", 1, "unknown", "");
	pass(NULL, "0", NULL);
	check_passed("none, which was said", 0, "", "");
	pass(NULL, "2", "a");
	check_passed("fewer names than descriptors", -1, "", "");
	pass(NULL, "1", "a:b");
	check_passed("more names than descriptors", -1, "", "");
	pass(NULL, "-1", NULL);
	check_passed("a count that is none", -1, "", "");
	pass(NULL, "99999999999999999999", NULL);
	check_passed("a count that is too high", -1, "", "");
	pass(NULL, "3", NULL);
	check_passed("a descriptor that is not there", -1, "", "");
}

/* --- what is sent --------------------------------------------------------- */

/* Somebody who listens there; an abstract name begins with '@'. */
static int
listen_at(const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", name);
	if (name[0] == '@')
		at.sun_path[0] = '\0';
	check_that(bind(fd, (const struct sockaddr *)&at,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	    strlen(name))) == 0, "bind: %s", strerror(errno));
	return fd;
}

/* The datagram that has come is that. */
static void
check_came(int fd, const char *wanted)
{
	char came[4096];
	ssize_t n = recv(fd, came, sizeof(came), MSG_DONTWAIT);

	check_that(n == (ssize_t)strlen(wanted) &&
	    memcmp(came, wanted, (size_t)n) == 0, "%zd octets: %.*s", n,
	    n > 0 ? (int)n : 0, came);
}

static void
check_told(const char *sentence, const char *name)
{
	int fd;

	check_begin(sentence);
	fd = listen_at(name);
	setenv("NOTIFY_SOCKET", name, 1);
	systemd_notify("READY=1");
	check_came(fd, "READY=1");
	close(fd);
	check_end();
}

static void
check_what_is_told(void)
{
	char abstract[64];

	snprintf(abstract, sizeof(abstract), "@systemd-test-%ld",
	    (long)getpid());
	check_told("a socket with a path is told", path);
	check_told("a socket with an abstract name is told", abstract);
	unlink(path);
	systemd_notify("READY=1");
	setenv("NOTIFY_SOCKET", "relative", 1);
	systemd_notify("READY=1");
	unsetenv("NOTIFY_SOCKET");
	systemd_notify("READY=1");
	check(true, "a socket that is not there is told nothing");
}

static void
check_entries(void)
{
	static const char *const fields[] = { "MESSAGE=a b", "PRIORITY=6" };
	static const char entry[] = "MESSAGE=a b\nPRIORITY=6\n";
	struct log_socket s = log_socket_new(path);
	int fd;

	check_begin("an entry is a line for each field");
	fd = listen_at(path);
	check_that(journal_send(&s, fields, 2), "not taken");
	check_came(fd, entry);
	check_end();

	check_begin("a journal that was restarted is found again");
	close(fd);
	unlink(path);
	fd = listen_at(path);
	check_that(journal_send(&s, fields, 2), "not taken");
	check_came(fd, entry);
	check_end();

	check_begin("one that takes nothing is given up, and then not again");
	while (journal_send(&s, fields, 2))
		;
	check_that(s.is_given_up, "not given up");
	check_came(fd, entry);
	check_that(journal_send(&s, fields, 2) && !s.is_given_up,
	    "not taken up again");
	check_end();
	close(fd);
	log_socket_close(&s);
	unlink(path);
	check(!journal_send(&s, fields, 2), "one that is not there has taken "
	    "nothing");
	log_socket_close(&s);
}

int
main(void)
{
	if (mkdtemp(directory) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/socket", directory);
	check_what_was_passed();
	check_what_is_told();
	check_entries();
	rmdir(directory);
	return check_status();
}
