/*
 * The two descriptors of a connection, in clear or through TLS, each wait with
 * a deadline.
 *
 * Nothing here changes the descriptors' flags, which other processes may share.
 */
#ifndef CONNECTION_TRANSPORT_H
#define CONNECTION_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/deadline.h"
#include "connection/status.h"
#include "connection/tls.h"

struct transport {
	int in, out;			/* the caller's */
	int stall_milliseconds;		/* how long the peer may take nothing */
	bool out_is_socket;
	bool is_limited;
	struct deadline until;		/* if so: nothing is sent or received
					   after it */
	struct tls *tls;		/* what is offered, or NULL */
	bool is_secure;			/* it was started */
	bool has_heard;			/* an octet has come */
};

void transport_init(struct transport *, int in, int out,
    int stall_milliseconds);

/* Whether the limit has passed. */
bool transport_is_over(const struct transport *);

/* Sends all. `more` follows at once: no small packet is due. */
enum connection_status transport_send(struct transport *, const char *data,
    size_t length, bool more);

/* Waits for data and receives some; *length is 0 if there was none after
 * all. */
enum connection_status transport_receive(struct transport *, char *data,
    size_t size, struct deadline by, size_t *length);

/* The handshake; data go through TLS from then on. */
enum connection_status transport_start_tls(struct transport *,
    struct deadline by);

/* Tells the peer that nothing more comes; inside TLS that it was all, if it
 * was. */
void transport_end(struct transport *, bool is_whole);

#endif
