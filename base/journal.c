#include "base/journal.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/systemd.h"

static const struct sockaddr_un address = {
	.sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket"
};

struct journal
journal_new(void)
{
	return (struct journal){ .fd = -1 };
}

void
journal_prepare(struct journal *j)
{
	if (j->fd != -1)
		return;
	j->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (j->fd != -1 && connect(j->fd, (const struct sockaddr *)&address,
	    sizeof(address)) == -1)
		journal_close(j);
}

void
journal_close(struct journal *j)
{
	if (j->fd != -1)
		close(j->fd);
	j->fd = -1;
}

/* A socket can be written to if the queue of its peer is not full. */
static bool
await_room(const struct journal *j)
{
	const struct deadline by = deadline_in(j->is_given_up ? 0
	    : JOURNAL_WAIT_MILLISECONDS);
	struct pollfd pollfd = { .fd = j->fd, .events = POLLOUT };
	int n;

	do
		n = poll(&pollfd, 1, deadline_left(by));
	while (n == -1 && errno == EINTR);
	return n == 1;
}

bool
journal_send(struct journal *j, const struct iovec *fields, int count)
{
	journal_prepare(j);
	j->is_given_up = j->fd == -1 || !await_room(j);
	return !j->is_given_up && systemd_journal(fields, count);
}
