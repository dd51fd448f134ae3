/*
 * A socket to whoever takes lines of the log, for a process that may open
 * nothing any more: a taker that was restarted since is found again, on the
 * socket that is open, and one that takes nothing is not waited for for ever.
 */
#ifndef BASE_LOG_SOCKET_H
#define BASE_LOG_SOCKET_H

#include <stdbool.h>
#include <sys/uio.h>

struct log_socket {
	const char *path;
	int fd;			/* -1: none yet */
	bool has_taken, is_given_up;
};

/* How long a line waits for a taker that is being restarted or takes nothing;
 * the lines after it do not wait until it takes one. */
#define LOG_SOCKET_WAIT_MILLISECONDS 2000

/* Opens nothing yet. `path` is kept, not copied. */
struct log_socket log_socket_new(const char *path);

/* Opens it, if it is not; false if the taker wants streams. */
bool log_socket_open(struct log_socket *);

/* Closes it; the next one is another one. */
void log_socket_close(struct log_socket *);

/* Sends one datagram; false if nobody has taken it. It is open. */
bool log_socket_send(struct log_socket *, struct iovec *parts, size_t count);

#endif
