#include "connection/tls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "connection/certificate.h"
#include "connection/openssl.h"
#include "connection/rehearsal.h"
#include "connection/tickets.h"

/* RFC 7301, and the registry it opens. */
#define OUR_PROTOCOL "\4pop3"

/* RFC 9325 section 4.2: each session has keys of its own, and its records
 * cannot be changed. TLS 1.3 has no others. */
#define CIPHERS_OF_TLS_1_2 "ECDHE+AESGCM:ECDHE+CHACHA20"

/* The client chooses among these, so none is expensive. */
#define GROUPS "X25519:P-256:P-384"

struct tls {
	const char *tickets_directory;
	struct certificate certificate;
	bool was_loaded;		/* or was tried to */

	SSL_CTX *context;
	SSL *ssl;			/* NULL unless loaded */
	struct tickets tickets;		/* until the handshake is over */

	struct tls_wire wire;
	BIO_METHOD *method;
	bool is_done;			/* the handshake is */
	const char *fault;		/* of the step that failed */
};

struct tls *
tls_open(const struct tls_files *files)
{
	struct tls *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->tickets_directory = files->tickets;
	certificate_open(&t->certificate, files);
	return t;
}

void
tls_close(struct tls *t)
{
	if (t == NULL)
		return;
	tls_forget(t);
	if (t->context != NULL) {
		openssl()->SSL_free(t->ssl);
		openssl()->SSL_CTX_free(t->context);
		openssl()->BIO_meth_free(t->method);
	}
	free(t);
}

void
tls_descriptors(const struct tls *t, int *certificate, int *key)
{
	*certificate = t->certificate.certificate.fd;
	*key = t->certificate.key.fd;
}

/* --- the context --------------------------------------------------------- */

/* RFC 7301 section 3.2: who offers protocols, but not ours, meant somebody
 * else. */
static int
choose_protocol(SSL *ssl, const unsigned char **chosen, unsigned char *length,
    const unsigned char *offered, unsigned offered_length, void *context)
{
	(void)ssl;
	(void)context;
	return openssl()->SSL_select_next_proto((unsigned char **)chosen,
	    length, (const unsigned char *)OUR_PROTOCOL,
	    sizeof(OUR_PROTOCOL) - 1, offered, offered_length) ==
	    OPENSSL_NPN_NEGOTIATED
	    ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static bool
set_mac_key(EVP_MAC_CTX *mac, const struct ticket_key *key)
{
	char digest[] = "SHA256";
	const OSSL_PARAM parameters[] = {
		{ OSSL_MAC_PARAM_KEY, OSSL_PARAM_OCTET_STRING,
		    (void *)key->mac, sizeof(key->mac), 0 },
		{ OSSL_MAC_PARAM_DIGEST, OSSL_PARAM_UTF8_STRING, digest,
		    sizeof(digest) - 1, 0 },
		{ NULL, 0, NULL, 0, 0 },
	};

	return openssl()->EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

/*
 * Prepares the making of a ticket, or the reading of one: 0 if there shall be
 * none, -1 is an error, 2 wants another one made, for a ticket is best used
 * once (RFC 8446 appendix C.4). TLS 1.2 gets none: what was said after its
 * resumption could be read with the ticket's key.
 */
static int
use_ticket_key(SSL *ssl, unsigned char *name, unsigned char *iv,
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int makes)
{
	const struct tls *t = openssl()->SSL_CTX_get_ex_data(
	    openssl()->SSL_get_SSL_CTX(ssl), 0);
	const struct ticket_key *key = makes ? tickets_youngest(&t->tickets)
	    : tickets_find(&t->tickets, name);

	if (key == NULL || openssl()->SSL_version(ssl) < TLS1_3_VERSION)
		return 0;
	if (makes) {
		memcpy(name, key->name, sizeof(key->name));
		if (getrandom(iv, 16, 0) != 16)
			return -1;
	}
	if (openssl()->EVP_CipherInit_ex(cipher, openssl()->EVP_aes_256_cbc(),
	    NULL, key->cipher, iv, makes) != 1 || !set_mac_key(mac, key))
		return -1;
	return makes ? 1 : 2;
}

static bool
make_context(struct tls *t)
{
	SSL_CTX *c = openssl()->SSL_CTX_new(openssl()->TLS_server_method());

	t->context = c;
	if (c == NULL || openssl()->SSL_CTX_ctrl(c,
	    SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION, NULL) != 1 ||
	    openssl()->SSL_CTX_ctrl(c, SSL_CTRL_SET_GROUPS_LIST, 0,
	    (char[]){ GROUPS }) != 1 ||
	    openssl()->SSL_CTX_set_cipher_list(c, CIPHERS_OF_TLS_1_2) != 1)
		return false;
	openssl()->SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION |
	    SSL_OP_NO_COMPRESSION | SSL_OP_CLEANSE_PLAINTEXT |
	    SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
	openssl()->SSL_CTX_ctrl(c, SSL_CTRL_SET_READ_AHEAD, 1, NULL);
	openssl()->SSL_CTX_ctrl(c, SSL_CTRL_SET_SESS_CACHE_MODE,
	    SSL_SESS_CACHE_OFF, NULL);
	openssl()->SSL_CTX_set_timeout(c, TICKETS_SECONDS);
	openssl()->SSL_CTX_set_num_tickets(c, 1);
	openssl()->SSL_CTX_set_tlsext_ticket_key_evp_cb(c, use_ticket_key);
	openssl()->SSL_CTX_set_alpn_select_cb(c, choose_protocol, NULL);
	t->ssl = openssl()->SSL_new(c);
	return t->ssl != NULL && openssl()->SSL_CTX_set_ex_data(c, 0, t) == 1;
}

/* A session that is resumed needs neither. */
static int
provide_certificate(SSL *ssl, void *context)
{
	return certificate_take(context, ssl);
}

bool
tls_load(struct tls *t)
{
	if (t->was_loaded)
		return t->ssl != NULL;
	t->was_loaded = true;
	if (!certificate_is_there(&t->certificate) || !openssl_load() ||
	    !make_context(t))
		return false;
	openssl()->SSL_set_cert_cb(t->ssl, provide_certificate,
	    &t->certificate);
	if (t->tickets_directory != NULL)
		tickets_load(&t->tickets, t->tickets_directory);
	return true;
}

bool
tls_is_usable(struct tls *t)
{
	return tls_load(t) && certificate_take(&t->certificate, t->ssl);
}

bool
tls_prepare(struct tls *t)
{
	return tls_is_usable(t) && rehearsal_hold(t->ssl);
}

void
tls_describe(const struct tls *t, struct strbuf *text)
{
	certificate_describe(t->ssl, text);
}

/* --- the wire ------------------------------------------------------------ */

/* Tells the library whether a call in this direction is to be tried again. */
static int
set_retry_flags(BIO *bio, ssize_t n, int direction)
{
	bool must_wait = n == -1 && errno == EAGAIN;

	openssl()->BIO_clear_flags(bio,
	    BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY);
	if (must_wait)
		openssl()->BIO_set_flags(bio,
		    direction | BIO_FLAGS_SHOULD_RETRY);
	return (int)n;
}

static int
receive(BIO *bio, char *data, int length)
{
	const struct tls *t = openssl()->BIO_get_data(bio);

	return set_retry_flags(bio, t->wire.receive(t->wire.context, data,
	    (size_t)length), BIO_FLAGS_READ);
}

static int
send_octets(BIO *bio, const char *data, int length)
{
	const struct tls *t = openssl()->BIO_get_data(bio);

	return set_retry_flags(bio, t->wire.send(t->wire.context, data,
	    (size_t)length), BIO_FLAGS_WRITE);
}

/* Nothing is kept back here, so that there is nothing to flush. */
static long
control(BIO *bio, int command, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	return command == BIO_CTRL_FLUSH;
}

bool
tls_begin(struct tls *t, const struct tls_wire *wire)
{
	BIO *bio;

	/* it may be long since they were loaded */
	if (!tickets_are_young(&t->tickets))
		tickets_load(&t->tickets, t->tickets_directory);
	t->wire = *wire;
	t->method = openssl()->BIO_meth_new(BIO_TYPE_SOURCE_SINK, "connection");
	if (t->method == NULL ||
	    openssl()->BIO_meth_set_read(t->method, receive) != 1 ||
	    openssl()->BIO_meth_set_write(t->method, send_octets) != 1 ||
	    openssl()->BIO_meth_set_ctrl(t->method, control) != 1)
		return false;
	bio = openssl()->BIO_new(t->method);
	if (bio == NULL)
		return false;
	openssl()->BIO_set_data(bio, t);
	openssl()->BIO_set_init(bio, 1);
	openssl()->SSL_set_bio(t->ssl, bio, bio);	/* which takes it */
	return true;
}

static const char *
fault_of_peer(void)
{
	unsigned long error = openssl()->ERR_peek_last_error();

	if (error == 0)
		return "the client hung up";
	return ERR_GET_REASON(error) == SSL_R_WRONG_VERSION_NUMBER ||
	    ERR_GET_REASON(error) == SSL_R_HTTP_REQUEST
	    ? "the client does not speak TLS" : openssl_reason();
}

static enum tls_status
status_of(struct tls *t, int result)
{
	if (result == 1)
		return TLS_DONE;
	switch (openssl()->SSL_get_error(t->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return TLS_WANTS_INPUT;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANTS_OUTPUT;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_ENDED;
	default:
		t->fault = fault_of_peer();
		return TLS_FAILED;
	}
}

enum tls_status
tls_handshake(struct tls *t)
{
	enum tls_status status;

	openssl()->ERR_clear_error();
	status = status_of(t, openssl()->SSL_accept(t->ssl));
	t->is_done = status == TLS_DONE;
	if (t->is_done)
		tls_forget(t);
	return status;
}

void
tls_forget(struct tls *t)
{
	if (t == NULL)
		return;
	certificate_close(&t->certificate);
	tickets_wipe(&t->tickets);
	if (t->ssl != NULL)
		openssl()->SSL_certs_clear(t->ssl);
}

bool
tls_has_bad_files(const struct tls *t)
{
	return t->certificate.were_read && !t->certificate.are_good;
}

const char *
tls_version(const struct tls *t)
{
	return t->is_done ? openssl()->SSL_get_version(t->ssl) : "none";
}

const char *
tls_fault(const struct tls *t)
{
	return t->fault;
}

enum tls_status
tls_read(struct tls *t, char *data, size_t length, size_t *done)
{
	openssl()->ERR_clear_error();
	return status_of(t, openssl()->SSL_read_ex(t->ssl, data, length,
	    done));
}

enum tls_status
tls_write(struct tls *t, const char *data, size_t length, size_t *done)
{
	openssl()->ERR_clear_error();
	return status_of(t, openssl()->SSL_write_ex(t->ssl, data, length,
	    done));
}

void
tls_end(struct tls *t)
{
	if (t->fault == NULL)
		openssl()->SSL_shutdown(t->ssl);
}
