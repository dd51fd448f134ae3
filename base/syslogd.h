/*
 * Lines for syslogd, in the form of syslog(3).
 */
#ifndef BASE_SYSLOGD_H
#define BASE_SYSLOGD_H

#include "base/log_socket.h"

struct syslogd {
	const char *program;
	struct log_socket socket;
};

/* Opens nothing yet. `program` is kept, not copied. */
struct syslogd syslogd_new(const char *program);

/* Opens what a line needs: a socket, and the time zone's file. */
void syslogd_prepare(struct syslogd *);

/* Sends a line of facility mail; `priority` is syslog(3)'s. Prepares, if that
 * was not done. Where there is no syslogd, the line is lost. */
void syslogd_send(struct syslogd *, int priority, const char *line);

#endif
