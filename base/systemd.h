/*
 * The two things we ask of libsystemd, which is loaded only when one of them
 * is asked: linked in, it would cost every process half a millisecond.
 */
#ifndef BASE_SYSTEMD_H
#define BASE_SYSTEMD_H

#include <stdbool.h>
#include <sys/uio.h>

/* How many descriptors systemd passed us, from 3 on (sd_listen_fds(3)); the
 * environment forgets them. -1 with errno when the library will not load. */
int systemd_listen_fds(void);

/* Sends one entry, each vector "FIELD=value" (sd_journal_sendv(3)). False if
 * the journal did not take it. The first call opens files and a socket, later
 * ones nothing. */
bool systemd_journal(const struct iovec *fields, int count);

#endif
