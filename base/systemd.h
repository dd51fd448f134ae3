/*
 * What we ask of libsystemd, which is loaded only when something of it
 * is asked: linked in, it would cost every process half a millisecond.
 */
#ifndef BASE_SYSTEMD_H
#define BASE_SYSTEMD_H

#include <stdbool.h>
#include <sys/uio.h>

/* The names of descriptors, to be freed; `at` ends with NULL. */
struct systemd_names {
	char **at;
};

/* How many descriptors systemd passed us, from 3 on, and what they are called
 * (sd_listen_fds_with_names(3)); the environment forgets them. -1 with errno
 * when the library will not load. */
int systemd_listen_fds(struct systemd_names *);
void systemd_names_free(struct systemd_names *);

/* Tells systemd of our state (sd_notify(3)), if it wants to be told. */
void systemd_notify(const char *state);

/* Sends one entry, each vector "FIELD=value" (sd_journal_sendv(3)). False if
 * the journal did not take it. The first call opens files and a socket, later
 * ones nothing. */
bool systemd_journal(const struct iovec *fields, int count);

#endif
