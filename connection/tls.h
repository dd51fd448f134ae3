/*
 * The server's side of TLS, 1.2 and 1.3, by OpenSSL, which is loaded only when
 * a session wants it.
 *
 *	tls_open	opens two files and reads nothing
 *	tls_load	loads the library
 *	  tls_is_usable	and reads both; whether TLS can be had
 *	  tls_prepare	so that children need not
 *	tls_begin, then tls_handshake until it says TLS_DONE: the private key
 *	  is forgotten
 *	tls_forget	without it, too: nobody may find the key later
 *	  tls_read, tls_write
 *	  tls_end	"this was all", which nobody in between can say
 *	tls_close
 *
 * Nothing here waits: a step that cannot go on says what it waits for, and is
 * made again once that is there.
 */
#ifndef CONNECTION_TLS_H
#define CONNECTION_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/strbuf.h"
#include "connection/tls_files.h"

enum tls_status {
	TLS_DONE,
	TLS_WANTS_INPUT,
	TLS_WANTS_OUTPUT,
	TLS_ENDED,		/* the peer said that this was all */
	TLS_FAILED,		/* and cannot be used any more */
};

/* How octets come and go: as read(2) and write(2) do, but never waiting: with
 * EAGAIN instead. */
struct tls_wire {
	void *context;
	ssize_t (*receive)(void *context, char *data, size_t length);
	ssize_t (*send)(void *context, const char *data, size_t length);
};

struct tls;

/* The strings stay the caller's, and must outlive the result. NULL if there is
 * no memory; a file that cannot be opened is told of when it is wanted. */
struct tls *tls_open(const struct tls_files *);

/* NULL is fine. */
void tls_close(struct tls *);

/* The open files, for another process, until they are forgotten; -1 if one
 * could not be opened. */
void tls_descriptors(const struct tls *, int *certificate, int *key);

/* False if a file could not be opened or the library is not as it must be; the
 * first call logs why. The files are read in the handshake, if it needs them:
 * one that resumes a session does not. */
bool tls_load(struct tls *);

/* False if the library or the files are not as they must be; the first call
 * logs why. */
bool tls_is_usable(struct tls *);

/* The same, and whether a handshake with ourselves comes to its end: what can
 * be made ahead for those of children is made. */
bool tls_prepare(struct tls *);

/* Appends the names that the certificate is for, and how many days it has left:
 * for one that is usable. */
void tls_describe(const struct tls *, struct strbuf *);

/* Gives one that is loaded its peer. False if there is no memory. */
bool tls_begin(struct tls *, const struct tls_wire *);

/* A step of the handshake. */
enum tls_status tls_handshake(struct tls *);

/* Whether it failed because of the files, which was logged. */
bool tls_has_bad_files(const struct tls *);

/* Closes the files, and wipes what was read of them and the keys of tickets: no
 * handshake can be made any more; what was started goes on. NULL is fine. */
void tls_forget(struct tls *);

/* The version that the handshake agreed on, "TLSv1.3"; "none" before that. */
const char *tls_version(const struct tls *);

/* What made a step fail, for the log. */
const char *tls_fault(const struct tls *);

/* One octet at least, up to `length`: *done. After a tls_write that did not go
 * on, the next must be of the same octets. */
enum tls_status tls_read(struct tls *, char *data, size_t length,
    size_t *done);
enum tls_status tls_write(struct tls *, const char *data, size_t length,
    size_t *done);

/* Tries once. */
void tls_end(struct tls *);

#endif
