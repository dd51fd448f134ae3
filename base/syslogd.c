#include "base/syslogd.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/strbuf.h"

#define LINE_MAX_OCTETS 2048
#define PAUSE_MILLISECONDS 20

static const struct sockaddr_un address = {
	.sun_family = AF_UNIX, .sun_path = _PATH_LOG
};

struct syslogd
syslogd_new(const char *program)
{
	openlog(program, LOG_PID, LOG_MAIL);
	return (struct syslogd){ .program = program, .fd = -1 };
}

void
syslogd_close(struct syslogd *s)
{
	if (s->fd != -1)
		close(s->fd);
	s->fd = -1;
	closelog();
}

/* False if this syslogd wants streams, which the C library must do. */
static bool
open_socket(struct syslogd *s)
{
	if (s->fd != -1)
		return true;
	s->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s->fd == -1 || connect(s->fd, (const struct sockaddr *)&address,
	    sizeof(address)) == 0 || errno != EPROTOTYPE)
		return true;
	close(s->fd);
	s->fd = -1;
	return false;
}

void
syslogd_prepare(struct syslogd *s)
{
	open_socket(s);
	tzset();
}

/* To the syslogd that was there when the socket was opened, or else to the one
 * that is there now. */
static bool
try_send(const struct syslogd *s, const struct strbuf *text)
{
	const int flags = MSG_DONTWAIT | MSG_NOSIGNAL;

	if (send(s->fd, text->at, text->length, flags) != -1)
		return true;
	return errno != EAGAIN && sendto(s->fd, text->at, text->length, flags,
	    (const struct sockaddr *)&address, sizeof(address)) != -1;
}

/* Whether the next try may find what this one has not: its queue is full; it
 * was there and is not. */
static bool
may_come(const struct syslogd *s)
{
	return errno == EAGAIN || (s->has_taken &&
	    (errno == ENOENT || errno == ECONNREFUSED));
}

static void
put_time(struct strbuf *text)
{
	time_t now = time(NULL);
	struct tm local;
	char at[32];

	if (localtime_r(&now, &local) == NULL ||
	    strftime(at, sizeof(at), "%h %e %T", &local) == 0)
		return;
	strbuf_format(text, "%s ", at);
}

void
syslogd_send(struct syslogd *s, int priority, const char *line)
{
	const struct deadline by = deadline_in(s->is_given_up ? 0
	    : SYSLOGD_WAIT_MILLISECONDS);
	char octets[LINE_MAX_OCTETS];
	struct strbuf text = strbuf_init(octets, sizeof(octets));
	bool taken;

	if (!open_socket(s)) {
		syslog(priority, "%s", line);
		return;
	}
	strbuf_format(&text, "<%d>", LOG_MAIL | priority);
	put_time(&text);
	strbuf_format(&text, "%s[%ld]: %s", s->program, (long)getpid(), line);
	while (!(taken = try_send(s, &text)) && may_come(s) &&
	    !deadline_is_past(by))
		deadline_sleep(by, PAUSE_MILLISECONDS);
	s->is_given_up = !taken;
	s->has_taken |= taken;
}
