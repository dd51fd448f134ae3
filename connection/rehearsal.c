#include "connection/rehearsal.h"

#include <stddef.h>

#include "connection/openssl.h"

/* Each side says something so many times at most, and most often less. */
#define STEPS_MAX 4

/* Both speak in memory. */
static void
converse(SSL *server, SSL *client)
{
	BIO *ends[2] = { NULL, NULL };
	char octet;

	if (openssl()->BIO_new_bio_pair(&ends[0], 0, &ends[1], 0) != 1)
		return;
	openssl()->SSL_set_bio(server, ends[0], ends[0]);
	openssl()->SSL_set_bio(client, ends[1], ends[1]);
	for (int i = 0; i < STEPS_MAX; i++) {
		openssl()->SSL_connect(client);
		openssl()->SSL_accept(server);
	}
	openssl()->SSL_read(client, &octet, sizeof(octet));	/* a ticket */
}

/* A handshake that resumes `session`, or a whole one if that is NULL. The
 * session it had, which is the caller's. */
static SSL_SESSION *
hold(SSL *ssl, SSL_CTX *context, SSL_SESSION *session)
{
	SSL *server = openssl()->SSL_dup(ssl);
	SSL *client = openssl()->SSL_new(context);

	if (server != NULL && client != NULL) {
		if (session != NULL)
			openssl()->SSL_set_session(client, session);
		converse(server, client);
	}
	openssl()->SSL_SESSION_free(session);
	session = client == NULL ? NULL : openssl()->SSL_get1_session(client);
	openssl()->SSL_free(client);
	openssl()->SSL_free(server);
	return session;
}

void
rehearsal_hold(SSL *ssl)
{
	SSL_CTX *context = openssl()->SSL_CTX_new(
	    openssl()->TLS_client_method());
	SSL_SESSION *session;

	if (context == NULL)
		return;
	session = hold(ssl, context, hold(ssl, context, NULL));
	openssl()->SSL_SESSION_free(session);
	openssl()->SSL_CTX_free(context);
	openssl()->ERR_clear_error();
}
