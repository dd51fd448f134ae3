/*
 * Certificate and private key: two PEM files, and what may be wrong with them.
 *
 *	certificate_open	opens both and reads nothing
 *	certificate_is_there
 *	certificate_take	reads both, once
 *	certificate_close
 *
 * Each fault is logged of the file that the administrator made.
 */
#ifndef CONNECTION_CERTIFICATE_H
#define CONNECTION_CERTIFICATE_H

#include <stdbool.h>

#include <openssl/types.h>

#include "base/strbuf.h"
#include "connection/tls_files.h"

struct pem_file {
	const char *name;		/* for the log */
	bool is_private;		/* others must not be able to use it */
	int fd;				/* -1 once closed */
	const char *fault;		/* of its opening, or NULL */
};

struct certificate {
	struct pem_file certificate, key;
	bool were_read;			/* or were tried to */
	bool are_good;
};

/* The strings stay the caller's. */
void certificate_open(struct certificate *, const struct tls_files *);

/* False after a log line if one could not be opened. */
bool certificate_is_there(const struct certificate *);

/* Gives both to a session of OpenSSL, which is loaded. False if they are not
 * as they must be; the first call logs why. */
bool certificate_take(struct certificate *, SSL *);

/* Appends the names that the certificate of a session is for, and how many days
 * it has left. */
void certificate_describe(const SSL *, struct strbuf *);

void certificate_close(struct certificate *);

#endif
