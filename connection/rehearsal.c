#include "connection/rehearsal.h"

#include <stddef.h>

#include "connection/openssl.h"

/* Each side says something so many times at most, and most often less. */
#define STEPS_MAX 4

/* Both speak in memory. Whether the client has what it wants. */
static bool
converse(SSL *server, SSL *client)
{
	BIO *ends[2] = { NULL, NULL };
	bool is_done = false;
	char octet;

	if (openssl()->BIO_new_bio_pair(&ends[0], 0, &ends[1], 0) != 1)
		return false;
	openssl()->SSL_set_bio(server, ends[0], ends[0]);
	openssl()->SSL_set_bio(client, ends[1], ends[1]);
	for (int i = 0; i < STEPS_MAX; i++) {
		is_done = openssl()->SSL_connect(client) == 1;
		openssl()->SSL_accept(server);
	}
	openssl()->SSL_read(client, &octet, sizeof(octet));	/* a ticket */
	return is_done;
}

/* A handshake that resumes `session`, or a whole one if that is NULL. The
 * session it had, which is the caller's; whether it came to its end. */
static SSL_SESSION *
hold(SSL *ssl, SSL_CTX *context, SSL_SESSION *session, bool *is_done)
{
	SSL *server = openssl()->SSL_dup(ssl);
	SSL *client = openssl()->SSL_new(context);

	*is_done = false;
	if (server != NULL && client != NULL) {
		if (session != NULL)
			openssl()->SSL_set_session(client, session);
		*is_done = converse(server, client);
	}
	openssl()->SSL_SESSION_free(session);
	session = client == NULL ? NULL : openssl()->SSL_get1_session(client);
	openssl()->SSL_free(client);
	openssl()->SSL_free(server);
	return session;
}

bool
rehearsal_hold(SSL *ssl)
{
	SSL_CTX *context = openssl()->SSL_CTX_new(
	    openssl()->TLS_client_method());
	SSL_SESSION *session;
	bool is_done;

	if (context == NULL)
		return false;
	session = hold(ssl, context, NULL, &is_done);
	session = hold(ssl, context, session, &is_done);
	openssl()->SSL_SESSION_free(session);
	openssl()->SSL_CTX_free(context);
	openssl()->ERR_clear_error();
	return is_done;
}
