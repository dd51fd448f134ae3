/*
 * Lines for syslogd, in the form of syslog(3), by a process that may open
 * nothing any more: a syslogd that was restarted since is found again, on the
 * socket that is open, and one that takes nothing is not waited for for ever.
 */
#ifndef BASE_SYSLOGD_H
#define BASE_SYSLOGD_H

#include <stdbool.h>

struct syslogd {
	const char *program;
	int fd;			/* -1: none yet */
	bool has_taken, is_given_up;
};

/* How long a line waits for a syslogd that is being restarted or takes
 * nothing; the lines after it do not wait until it takes one. */
#define SYSLOGD_WAIT_MILLISECONDS 2000

/* Opens nothing yet. `program` is kept, not copied. */
struct syslogd syslogd_new(const char *program);

/* Closes what is open; the next line opens it again. */
void syslogd_close(struct syslogd *);

/* Opens a socket and the time zone's file, as the first line does if this was
 * not called. */
void syslogd_prepare(struct syslogd *);

/* Sends a line of facility mail; `priority` is syslog(3)'s. Where there is no
 * syslogd, it is lost. */
void syslogd_send(struct syslogd *, int priority, const char *line);

#endif
