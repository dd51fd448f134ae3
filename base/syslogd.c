#include "base/syslogd.h"

#include <stddef.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/strbuf.h"

#define LINE_MAX_OCTETS 2048

struct syslogd
syslogd_new(const char *program)
{
	openlog(program, LOG_PID, LOG_MAIL);
	return (struct syslogd){
		.program = program, .socket = log_socket_new(_PATH_LOG)
	};
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
syslogd_prepare(struct syslogd *s)
{
	log_socket_open(&s->socket);
	tzset();
}

void
syslogd_send(struct syslogd *s, int priority, const char *line)
{
	char octets[LINE_MAX_OCTETS];
	struct strbuf text = strbuf_init(octets, sizeof(octets));

	if (!log_socket_open(&s->socket)) {
		/* streams, which the C library must do */
		syslog(priority, "%s", line);
		return;
	}
	strbuf_format(&text, "<%d>", LOG_MAIL | priority);
	put_time(&text);
	strbuf_format(&text, "%s[%ld]: %s", s->program, (long)getpid(), line);
	log_socket_send(&s->socket, &(struct iovec){ text.at, text.length }, 1);
}
