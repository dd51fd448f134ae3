/*
 * The one connection: lines in, octets out, each wait with a deadline.
 *
 * Output is collected and sent when the buffer is full or when we would wait
 * for input, so that a pipelining client (RFC 2449 section 6.6) is answered in
 * few packets. Errors are sticky: write a whole response, ask at the flush or
 * at the next read. Nothing here changes the descriptors' flags, which other
 * processes may share.
 *
 * TLS is the connection's: it is offered once (connection_offer_tls), started
 * when the client wants it (connection_start_tls), and from then on all data go
 * through it. An end of input that the client has not announced is
 * CONNECTION_BROKEN then.
 *
 * What a line held is forgotten (wiped) here as soon as it was handed out.
 */
#ifndef CONNECTION_CONNECTION_H
#define CONNECTION_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/deadline.h"
#include "connection/status.h"

struct tls;

/* RFC 2449 section 4: a command is at most 255 octets, CRLF included. */
#define CONNECTION_LINE_MAX 255

/* RFC 5034 section 4: the lines inside AUTH are as long as its mechanism needs.
 * PLAIN needs three times 255 octets and two NULs (RFC 4616 section 2), in
 * base64, and CRLF. */
#define CONNECTION_RESPONSE_MAX 1026

enum line_fault { LINE_GOOD, LINE_TOO_LONG, LINE_HAS_NUL };

struct line {
	enum line_fault fault;		/* unless good, length is 0 */
	size_t length;			/* without CRLF or LF; a NUL follows */
	char octets[CONNECTION_RESPONSE_MAX];
};

struct connection;

/*
 * Speaks on descriptors that stay the caller's. `stall_milliseconds` is how
 * long the client may take nothing of what we send. NULL if there is no
 * memory.
 */
struct connection *connection_new(int in, int out, int stall_milliseconds);

/* Frees without sending what is left; NULL is fine. */
void connection_free(struct connection *);

/*
 * The next line, ended by CRLF or bare LF. Sends all output before waiting.
 * After a write error there is no next line, whatever was read: no command is
 * executed whose client cannot hear the response. Of a line that is too long
 * the rest is read and dropped. *line is written on CONNECTION_OK only; the
 * caller wipes it.
 */
enum connection_status connection_read_line(struct connection *, struct line *,
    struct deadline by);

/* Likewise for a line inside AUTH, which may be longer. */
enum connection_status connection_read_response(struct connection *,
    struct line *, struct deadline by);

/* --- TLS ---------------------------------------------------------------- */

/* Gives the connection its TLS, which is freed with it. NULL: there is none. */
void connection_offer_tls(struct connection *, struct tls *);

/* Whether TLS is offered and was not started. Whether it can be started is not
 * looked at: that costs loading the library. */
bool connection_offers_tls(const struct connection *);

/* Loads the library. False after a log line. */
bool connection_load_tls(struct connection *);

/* Whether TLS is offered, was not started, and can be: loads the library and
 * reads certificate and key. The first call logs why it cannot. */
bool connection_can_start_tls(struct connection *);

/*
 * Sends all output, then makes the TLS handshake. TLS was loaded. Input that
 * came before is not executed inside TLS (STARTTLS command injection, RFC 2595
 * sections 2.1 and 4): if there is any, this fails and writes nothing more.
 * Anything but CONNECTION_OK is sticky.
 */
enum connection_status connection_start_tls(struct connection *,
    struct deadline by);

/* Whether data go through TLS, and which: "TLSv1.3", or "none". */
bool connection_is_secure(const struct connection *);
const char *connection_tls_version(const struct connection *);

/* Why TLS failed, for the log; NULL if it has not. Whether that was because of
 * certificate or key, which was logged. */
const char *connection_tls_fault(const struct connection *);
bool connection_has_bad_certificate(const struct connection *);

/* Wipes certificate, key and ticket keys: TLS cannot be started any more, and
 * goes on if it was. NULL is fine. */
void connection_forget_keys(struct connection *);

/* --- output ------------------------------------------------------------- */

/* From this moment on nothing is read or sent, however ready the client is:
 * neither who talks without end nor who reads slowly earns time. NULL: there
 * is no such moment. */
void connection_limit(struct connection *, const struct deadline *until);

/* Appends to the output; sends when the buffer is full. */
void connection_write(struct connection *, const char *data, size_t length);

/*
 * The same in two steps, without a copy: _reserve is where at least `min`
 * octets (at most CONNECTION_RESERVE_MAX), in fact *room, may be written;
 * _append says how many of them were.
 */
#define CONNECTION_RESERVE_MAX 4096
char *connection_reserve(struct connection *, size_t min, size_t *room);
void connection_append(struct connection *, size_t length);

/* Sends all output. */
enum connection_status connection_flush(struct connection *);

/* Sends all output, and that it was the last, so that the client need not wait
 * until the process has ended. Inside TLS a close_notify tells that nobody has
 * cut it short (truncation attack). */
void connection_end(struct connection *);

/* Whether an octet has come from the client. */
bool connection_has_heard(const struct connection *);

/* Whether output can still be sent. */
bool connection_is_broken(const struct connection *);

#endif
