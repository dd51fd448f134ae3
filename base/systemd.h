/*
 * What systemd says to a service, and is told by it.
 *
 * Both are a few words in the environment and a datagram, which we read and
 * write ourselves: libsystemd would cost each process more than the rest of its
 * start.
 */
#ifndef BASE_SYSTEMD_H
#define BASE_SYSTEMD_H

/* The names of descriptors, to be freed; `at` ends with NULL. */
struct systemd_names {
	char **at;
};

/* How many descriptors systemd passed us, from SYSTEMD_FIRST_PASSED on, and
 * what they are called, as sd_listen_fds_with_names(3) says; they are closed
 * when a program is executed, and the environment forgets them. -1 with errno
 * if what it says cannot be. */
#define SYSTEMD_FIRST_PASSED 3
int systemd_listen_fds(struct systemd_names *);
void systemd_names_free(struct systemd_names *);

/* Tells systemd of our state (sd_notify(3)), if it wants to be told. */
void systemd_notify(const char *state);

#endif
