#include "base/systemd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/text.h"

/* --- what was passed ----------------------------------------------------- */

/* False with errno if the environment has something else there. */
static bool
read_number(const char *variable, uint64_t max, uint64_t *number)
{
	const char *digits = getenv(variable);

	errno = EINVAL;
	return digits != NULL &&
	    text_number(digits, strlen(digits), max, number);
}

static bool
close_on_execution(uint64_t count)
{
	for (int fd = SYSTEMD_FIRST_PASSED; count > 0; fd++, count--)
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
			return false;
	return true;
}

/* Cuts `list` at its colons into `count` names; where it is NULL all are
 * "unknown". False with errno if it has not as many. */
static bool
split(const char *list, uint64_t count, char **at)
{
	for (uint64_t i = 0; i < count; i++) {
		size_t length = list == NULL ? 0 : strcspn(list, ":");

		at[i] = list == NULL ? strdup("unknown")
		    : strndup(list, length);
		if (at[i] == NULL)
			return false;
		if (list != NULL && (list[length] == ':') != (i + 1 < count)) {
			errno = EINVAL;
			return false;
		}
		list = list == NULL ? NULL : list + length + 1;
	}
	return true;
}

static int
take(struct systemd_names *names)
{
	uint64_t count;

	if (!read_number("LISTEN_FDS", INT_MAX - SYSTEMD_FIRST_PASSED,
	    &count) || !close_on_execution(count))
		return -1;
	names->at = calloc((size_t)count + 1, sizeof(*names->at));
	if (names->at != NULL &&
	    split(getenv("LISTEN_FDNAMES"), count, names->at))
		return (int)count;
	systemd_names_free(names);
	return -1;
}

int
systemd_listen_fds(struct systemd_names *names)
{
	uint64_t pid;
	int count = 0, error;

	names->at = NULL;
	if (read_number("LISTEN_PID", INT_MAX, &pid) &&
	    pid == (uint64_t)getpid() && getenv("LISTEN_FDS") != NULL)
		count = take(names);
	error = errno;
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	errno = error;
	return count;
}

void
systemd_names_free(struct systemd_names *names)
{
	for (size_t i = 0; names->at != NULL && names->at[i] != NULL; i++)
		free(names->at[i]);
	free(names->at);
	names->at = NULL;
}

/* --- what is told -------------------------------------------------------- */

/* A path, or with '@' in front a name that is none; its length, 0 if it is
 * neither. */
static socklen_t
take_address(const char *path, struct sockaddr_un *address)
{
	struct strbuf text = strbuf_init(address->sun_path,
	    sizeof(address->sun_path));

	if (path == NULL || (path[0] != '/' && path[0] != '@'))
		return 0;
	strbuf_add(&text, path, strlen(path));
	if (path[0] == '@')
		address->sun_path[0] = '\0';
	return text.truncated ? 0 : (socklen_t)(offsetof(struct sockaddr_un,
	    sun_path) + text.length);
}

void
systemd_notify(const char *state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t length = take_address(getenv("NOTIFY_SOCKET"), &address);
	int fd = length == 0 ? -1
	    : socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return;
	sendto(fd, state, strlen(state), MSG_NOSIGNAL,
	    (const struct sockaddr *)&address, length);
	close(fd);
}
