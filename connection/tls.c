#include "connection/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/library.h"
#include "base/log.h"
#include "base/text.h"
#include "connection/tickets.h"

#define PEM_FILE_MAX (1 << 20)

/* Before the end of a certificate. */
#define DAYS_OF_WARNING 14

/* RFC 7301, and the registry it opens. */
#define OUR_PROTOCOL "\4pop3"

/* RFC 9325 section 4.2: each session has keys of its own, and its records
 * cannot be changed. TLS 1.3 has no others. */
#define CIPHERS_OF_TLS_1_2 "ECDHE+AESGCM:ECDHE+CHACHA20"

/* A stranger may choose the dearest. */
#define GROUPS "X25519:P-256:P-384"

/* The functions we use of the library, X(name) for each. What it has as macros
 * is made of these. */
#define FUNCTIONS(X) \
	X(CRYPTO_set_mem_functions) X(OPENSSL_init_ssl) \
	X(TLS_server_method) X(SSL_CTX_new) X(SSL_CTX_free) X(SSL_CTX_ctrl) \
	X(SSL_CTX_set_options) X(SSL_CTX_set_cipher_list) \
	X(SSL_CTX_set_timeout) X(SSL_CTX_set_num_tickets) \
	X(SSL_CTX_set_alpn_select_cb) X(SSL_CTX_set_tlsext_ticket_key_evp_cb) \
	X(SSL_select_next_proto) X(SSL_new) X(SSL_free) X(SSL_ctrl) \
	X(SSL_set_ex_data) X(SSL_get_ex_data) X(SSL_version) \
	X(SSL_use_certificate) X(SSL_use_PrivateKey) \
	X(SSL_check_private_key) X(SSL_set_cert_cb) X(SSL_certs_clear) \
	X(SSL_set_bio) X(SSL_accept) X(SSL_read_ex) X(SSL_write_ex) \
	X(SSL_shutdown) X(SSL_get_error) \
	X(BIO_meth_new) X(BIO_meth_set_read) X(BIO_meth_set_write) \
	X(BIO_meth_set_ctrl) X(BIO_meth_free) X(BIO_new) X(BIO_free) \
	X(BIO_new_mem_buf) X(BIO_set_data) X(BIO_get_data) X(BIO_set_init) \
	X(BIO_set_flags) X(BIO_clear_flags) \
	X(PEM_read_bio_X509) X(PEM_read_bio_PrivateKey) X(X509_free) \
	X(X509_cmp) X(X509_check_issued) \
	X(X509_get0_notBefore) X(X509_get0_notAfter) X(ASN1_TIME_diff) \
	X(EVP_PKEY_free) X(EVP_aes_256_cbc) \
	X(EVP_CipherInit_ex) X(EVP_MAC_CTX_set_params) \
	X(X509_get0_pubkey) X(EVP_PKEY_get_group_name) \
	X(ERR_clear_error) X(ERR_peek_last_error) X(ERR_reason_error_string)

#define POINTER(name) __typeof__(&(name)) (name);
#define STRING(name) #name "\0"

/* Set once, by load_library: the library's callbacks are given nothing in which
 * they could find it. Nothing but pointers to functions. */
static struct {
	FUNCTIONS(POINTER)
} library;

/* In the order of the pointers. */
static const char function_names[] = FUNCTIONS(STRING);

/* One of the two. */
struct pem_file {
	const char *name;		/* for the log */
	bool is_private;		/* others must not be able to use it */
	int fd;				/* -1 once read */
	const char *fault;		/* of its opening; NULL if there is
					   none */
};

struct tls {
	struct tls_files files;
	struct pem_file certificate, key;
	bool was_loaded, were_read;	/* or were tried to */
	bool are_good;			/* the two files */

	SSL_CTX *context;
	SSL *ssl;			/* NULL unless loaded */
	struct tickets tickets;		/* until the handshake is over */

	struct tls_wire wire;
	BIO_METHOD *method;
	const char *fault;		/* of the step that failed */
};

/* --- the two files ------------------------------------------------------- */

static void
log_fault(const char *name, const char *fault)
{
	log_note(LOG_ERR, "no TLS: %s %s", name, fault);
}

/* Why a file could not be opened: the kernel says of a link as of a file that
 * it is not there, and whoever made the link sees it. */
static const char *
fault_of_opening(const char *path, bool is_credential)
{
	int error = errno;
	struct stat status;

	if (error != ENOENT && stat(path, &status) == 0) {
		if (S_ISDIR(status.st_mode))
			return "is a directory: a file is wanted";
		if (S_ISREG(status.st_mode) && status.st_size == 0)
			return "is empty";
	}
	if (error == EACCES && !is_credential)
		return "cannot be opened: permission denied; look at the "
		    "modes of it and of the directories above it";
	if (lstat(path, &status) == 0 && S_ISLNK(status.st_mode))
		return "is a link to a file that is not there, or not to be "
		    "read: see where it leads with ls -l";
	return error == ENOENT ? "is not there: put the file or a link there"
	    : strerror(error);
}

static struct pem_file
open_file(const char *path, const char *name)
{
	struct pem_file file = {
		.name = name != NULL ? name : path,
		.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY),
	};

	if (file.fd == -1)
		file.fault = fault_of_opening(path, name != NULL);
	return file;
}

struct tls *
tls_open(const struct tls_files *files)
{
	struct tls *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->files = *files;
	t->certificate = open_file(files->certificate,
	    files->certificate_name);
	t->key = open_file(files->key, files->key_name);
	t->key.is_private = files->key_name == NULL;
	return t;
}

static bool
were_opened(const struct tls *t)
{
	const struct pem_file *bad = t->certificate.fault != NULL
	    ? &t->certificate : &t->key;

	if (bad->fault != NULL)
		log_fault(bad->name, bad->fault);
	return bad->fault == NULL;
}

static void
close_file(struct pem_file *file)
{
	if (file->fd != -1)
		close(file->fd);
	file->fd = -1;
}

void
tls_close(struct tls *t)
{
	if (t == NULL)
		return;
	tls_forget(t);
	if (library.SSL_free != NULL) {
		library.SSL_free(t->ssl);
		library.SSL_CTX_free(t->context);
		library.BIO_meth_free(t->method);
	}
	free(t);
}

/* What is wrong with a file, in words to stand after its name; NULL if nothing
 * is. `text` is what it holds, the same as `pem`. */
typedef const char *taker(struct tls *, BIO *pem, const char *text);

static const char *
reason(void)
{
	const char *text =
	    library.ERR_reason_error_string(library.ERR_peek_last_error());

	return text != NULL ? text : "cannot be used";
}

/* Why nothing that we want was found in a file, which may be of another form or
 * be the other file. */
static const char *
fault_of_text(const char *text, const char *otherwise)
{
	if (text[strspn(text, " \t\r\n")] == '\0')
		return "is empty";
	/* a SEQUENCE of many octets, or of an INTEGER and more */
	if (text[0] == 0x30 && ((text[1] & 0x80) != 0 ||
	    (text[1] != '\0' && text[2] == 2)))
		return "is DER, and PEM is wanted: convert it with openssl "
		    "x509 or pkey, -inform DER";
	return strstr(text, "-----BEGIN ") == NULL
	    ? "is not PEM: there is no line that begins with -----BEGIN"
	    : otherwise;
}

/* What OpenSSL says of a certificate it does not take. */
static const char *
fault_of_certificate(void)
{
	switch (ERR_GET_REASON(library.ERR_peek_last_error())) {
	case SSL_R_EE_KEY_TOO_SMALL:
	case SSL_R_CA_KEY_TOO_SMALL:
		return "has a certificate whose key is too short: have one "
		    "made with RSA of 2048 bits or P-256";
	case SSL_R_CA_MD_TOO_WEAK:
		return "has a certificate whose signature is too weak: have "
		    "one made with SHA-256";
	default:
		return reason();
	}
}

/* Who asks at a terminal for the password of a file is not us. */
static int
no_password(char *at, int size, int writes, void *context)
{
	(void)at;
	(void)size;
	(void)writes;
	(void)context;
	return -1;
}

/* One out of its time is served all the same: a client that looks refuses it
 * and says why, which a broken connection would not. */
static void
warn_of_time(const struct tls *t, const X509 *leaf)
{
	const char *name = t->certificate.name;
	int wait, wait_seconds, left, left_seconds;

	if (library.ASN1_TIME_diff(&wait, &wait_seconds, NULL,
	    library.X509_get0_notBefore(leaf)) != 1 ||
	    library.ASN1_TIME_diff(&left, &left_seconds, NULL,
	    library.X509_get0_notAfter(leaf)) != 1)
		return;
	if (wait > 0 || wait_seconds > 0)
		log_note(LOG_WARNING, "%s is not valid for another %d days: "
		    "clients refuse it; look at the clock, too", name, wait);
	else if (left < 0 || left_seconds < 0)
		log_note(LOG_WARNING, "%s expired %d days ago: clients refuse "
		    "it until it is renewed", name, -left);
	else if (left < DAYS_OF_WARNING)
		log_note(LOG_WARNING, "%s expires in %d days: renew it", name,
		    left);
}

/* The library takes keys on curves that TLS has no signatures for (RFC 8446
 * section 4.2.3): then each handshake fails, and as if by the client's fault.
 */
static bool
is_on_odd_curve(const X509 *leaf)
{
	static const char *const signing[] = { "prime256v1", "secp384r1",
	    "secp521r1" };
	char curve[64];
	bool is_odd = library.EVP_PKEY_get_group_name(
	    library.X509_get0_pubkey(leaf), curve, sizeof(curve), NULL) == 1;

	for (size_t i = 0; i < sizeof(signing) / sizeof(signing[0]); i++)
		is_odd = is_odd && strcmp(curve, signing[i]) != 0;
	return is_odd;
}

static const char *
take_leaf(struct tls *t, X509 *leaf)
{
	if (is_on_odd_curve(leaf))
		return "has a key on a curve that no client takes: "
		    "use P-256, or RSA";
	warn_of_time(t, leaf);
	return library.SSL_use_certificate(t->ssl, leaf) == 1 ? NULL
	    : fault_of_certificate();
}

/* One that leads from the leaf to a root. */
static const char *
take_issuer(struct tls *t, X509 *leaf, X509 *issuer)
{
	if (library.X509_cmp(leaf, issuer) != 0 &&
	    library.X509_check_issued(leaf, issuer) == X509_V_OK)
		return "has its certificates in the wrong order: the server's "
		    "own must be the first, then its issuer's";
	return library.SSL_ctrl(t->ssl, SSL_CTRL_CHAIN_CERT, 1, issuer) == 1
	    ? NULL : fault_of_certificate();
}

/* The certificate, then those of its issuers. */
static const char *
take_certificates(struct tls *t, BIO *pem, const char *text)
{
	X509 *leaf = library.PEM_read_bio_X509(pem, NULL, no_password, NULL);
	X509 *next;
	const char *fault;

	if (leaf == NULL)
		return strstr(text, "-----BEGIN CERTIFICATE") != NULL
		    ? "is damaged" : fault_of_text(text, "holds no "
		    "certificate: is it the key, and the two are swapped?");
	fault = take_leaf(t, leaf);
	while (fault == NULL && (next = library.PEM_read_bio_X509(pem, NULL,
	    no_password, NULL)) != NULL) {
		fault = take_issuer(t, leaf, next);
		library.X509_free(next);
	}
	library.X509_free(leaf);
	if (fault == NULL && ERR_GET_REASON(library.ERR_peek_last_error()) !=
	    PEM_R_NO_START_LINE)
		fault = "is damaged";
	return fault;
}

static const char *
take_key(struct tls *t, BIO *pem, const char *text)
{
	EVP_PKEY *key = library.PEM_read_bio_PrivateKey(pem, NULL,
	    no_password, NULL);
	bool is_taken = key != NULL &&
	    library.SSL_use_PrivateKey(t->ssl, key) == 1 &&
	    library.SSL_check_private_key(t->ssl) == 1;

	library.EVP_PKEY_free(key);
	if (is_taken)
		return NULL;
	if (key != NULL)
		return "does not belong to the certificate: both must be "
		    "renewed together";
	if (strstr(text, "ENCRYPTED") != NULL)
		return "is encrypted: take its passphrase off with openssl "
		    "pkey";
	return strstr(text, "PRIVATE KEY-----") != NULL ? "is damaged"
	    : fault_of_text(text, "holds no private key");
}

/* A key that anybody can read is nobody's; that of a group is (Debian has
 * one for it, ssl-cert). */
static const char *
fault_of_mode(const struct pem_file *file)
{
	struct stat status;

	if (fstat(file->fd, &status) == 0 && S_ISDIR(status.st_mode))
		return "is a directory: a file is wanted";
	if (fstat(file->fd, &status) == -1 || !S_ISREG(status.st_mode))
		return "is not a regular file";
	if (file->is_private && (status.st_mode & (S_IWGRP | S_IRWXO)) != 0)
		return "can be used by others: chmod 600 it";
	return NULL;
}

static bool
take_file(struct tls *t, struct pem_file *file, taker *take)
{
	const char *fault = fault_of_mode(file);
	size_t length = 0;
	char *text = fault != NULL ? NULL
	    : fd_read_file(file->fd, PEM_FILE_MAX, &length);
	BIO *pem = text == NULL ? NULL
	    : library.BIO_new_mem_buf(text, (int)length);

	if (pem != NULL)
		fault = take(t, pem, text);
	else if (fault == NULL)
		fault = strerror(errno);
	library.BIO_free(pem);
	library.ERR_clear_error();	/* a file's end is one */
	if (text != NULL)
		text_wipe(text, length);
	free(text);
	close_file(file);
	if (fault != NULL)
		log_fault(file->name, fault);
	return fault == NULL;
}

/* --- the library --------------------------------------------------------- */

/* It does not wipe all that it frees of a key's file, so its memory is wiped
 * here whenever it is freed or moved. */
static void
drop_memory(void *at, const char *file, int line)
{
	(void)file;
	(void)line;
	if (at != NULL)
		text_wipe(at, malloc_usable_size(at));
	free(at);
}

static void *
move_memory(void *at, size_t size, const char *file, int line)
{
	void *moved = malloc(size);
	size_t old = at == NULL ? 0 : malloc_usable_size(at);

	if (moved == NULL)
		return NULL;
	if (at != NULL)
		memcpy(moved, at, old < size ? old : size);
	drop_memory(at, file, line);
	return moved;
}

/* Its configuration file is not read: it could load modules, and it is a good
 * part of the start. */
static bool
load_library(void)
{
	void *handle = library_open("libssl.so.3");
	const char *name = function_names;

	for (size_t at = 0; at < sizeof(library); at += sizeof(void *)) {
		void *function = library_function(handle, name);

		if (function == NULL) {
			log_note(LOG_ERR, "no TLS: libssl.so.3 cannot be "
			    "loaded, or has no %s", name);
			library.SSL_free = NULL;
			return false;
		}
		memcpy((char *)&library + at, &function, sizeof(function));
		name += strlen(name) + 1;
	}
	/* Too late where a module of accounts has used the library already. */
	library.CRYPTO_set_mem_functions(NULL, move_memory, drop_memory);
	return library.OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG |
	    OPENSSL_INIT_NO_ATEXIT, NULL) == 1;
}

/* RFC 7301 section 3.2: who offers protocols, but not ours, meant somebody
 * else. */
static int
choose_protocol(SSL *ssl, const unsigned char **chosen, unsigned char *length,
    const unsigned char *offered, unsigned offered_length, void *context)
{
	(void)ssl;
	(void)context;
	return library.SSL_select_next_proto((unsigned char **)chosen, length,
	    (const unsigned char *)OUR_PROTOCOL, sizeof(OUR_PROTOCOL) - 1,
	    offered, offered_length) == OPENSSL_NPN_NEGOTIATED
	    ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static bool
set_mac_key(EVP_MAC_CTX *mac, const struct ticket_key *key)
{
	static char digest[] = "SHA256";
	const OSSL_PARAM parameters[] = {
		{ OSSL_MAC_PARAM_KEY, OSSL_PARAM_OCTET_STRING,
		    (void *)key->mac, sizeof(key->mac), 0 },
		{ OSSL_MAC_PARAM_DIGEST, OSSL_PARAM_UTF8_STRING, digest,
		    sizeof(digest) - 1, 0 },
		{ NULL, 0, NULL, 0, 0 },
	};

	return library.EVP_MAC_CTX_set_params(mac, parameters) == 1;
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
	const struct tls *t = library.SSL_get_ex_data(ssl, 0);
	const struct ticket_key *key = makes ? tickets_youngest(&t->tickets)
	    : tickets_find(&t->tickets, name);

	if (key == NULL || library.SSL_version(ssl) < TLS1_3_VERSION)
		return 0;
	if (makes) {
		memcpy(name, key->name, sizeof(key->name));
		if (getrandom(iv, 16, 0) != 16)
			return -1;
	}
	if (library.EVP_CipherInit_ex(cipher, library.EVP_aes_256_cbc(), NULL,
	    key->cipher, iv, makes) != 1 || !set_mac_key(mac, key))
		return -1;
	return makes ? 1 : 2;
}

static bool
make_context(struct tls *t)
{
	SSL_CTX *c = library.SSL_CTX_new(library.TLS_server_method());

	t->context = c;
	if (c == NULL || library.SSL_CTX_ctrl(c,
	    SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION, NULL) != 1 ||
	    library.SSL_CTX_ctrl(c, SSL_CTRL_SET_GROUPS_LIST, 0,
	    (char[]){ GROUPS }) != 1 ||
	    library.SSL_CTX_set_cipher_list(c, CIPHERS_OF_TLS_1_2) != 1)
		return false;
	library.SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION |
	    SSL_OP_NO_COMPRESSION | SSL_OP_CLEANSE_PLAINTEXT |
	    SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
	library.SSL_CTX_ctrl(c, SSL_CTRL_SET_READ_AHEAD, 1, NULL);
	library.SSL_CTX_ctrl(c, SSL_CTRL_SET_SESS_CACHE_MODE,
	    SSL_SESS_CACHE_OFF, NULL);
	library.SSL_CTX_set_timeout(c, TICKETS_SECONDS);
	library.SSL_CTX_set_num_tickets(c, 1);
	library.SSL_CTX_set_tlsext_ticket_key_evp_cb(c, use_ticket_key);
	library.SSL_CTX_set_alpn_select_cb(c, choose_protocol, NULL);
	t->ssl = library.SSL_new(c);
	return t->ssl != NULL && library.SSL_set_ex_data(t->ssl, 0, t) == 1;
}

static bool
take_files(struct tls *t)
{
	if (!t->were_read)
		t->are_good = take_file(t, &t->certificate,
		    take_certificates) &&
		    take_file(t, &t->key, take_key);
	t->were_read = true;
	return t->are_good;
}

/* A session that is resumed needs neither. */
static int
need_files(SSL *ssl, void *context)
{
	(void)ssl;
	return take_files(context);
}

bool
tls_load(struct tls *t)
{
	if (t->was_loaded)
		return t->ssl != NULL;
	t->was_loaded = true;
	if (!were_opened(t) || !load_library() || !make_context(t))
		return false;
	library.SSL_set_cert_cb(t->ssl, need_files, t);
	tickets_load(&t->tickets, t->files.tickets);
	return true;
}

bool
tls_is_usable(struct tls *t)
{
	return tls_load(t) && take_files(t);
}

/* --- the wire ------------------------------------------------------------ */

/* Tells the library how `direction` went: what would have to wait is tried
 * again. */
static int
tell(BIO *bio, ssize_t n, int direction)
{
	bool must_wait = n == -1 && errno == EAGAIN;

	library.BIO_clear_flags(bio, BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY);
	if (must_wait)
		library.BIO_set_flags(bio, direction | BIO_FLAGS_SHOULD_RETRY);
	return (int)n;
}

static int
receive(BIO *bio, char *octets, int length)
{
	const struct tls *t = library.BIO_get_data(bio);

	return tell(bio, t->wire.receive(t->wire.context, octets,
	    (size_t)length), BIO_FLAGS_READ);
}

static int
send_octets(BIO *bio, const char *octets, int length)
{
	const struct tls *t = library.BIO_get_data(bio);

	return tell(bio, t->wire.send(t->wire.context, octets,
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

	t->wire = *wire;
	t->method = library.BIO_meth_new(BIO_TYPE_SOURCE_SINK, "connection");
	if (t->method == NULL ||
	    library.BIO_meth_set_read(t->method, receive) != 1 ||
	    library.BIO_meth_set_write(t->method, send_octets) != 1 ||
	    library.BIO_meth_set_ctrl(t->method, control) != 1)
		return false;
	bio = library.BIO_new(t->method);
	if (bio == NULL)
		return false;
	library.BIO_set_data(bio, t);
	library.BIO_set_init(bio, 1);
	library.SSL_set_bio(t->ssl, bio, bio);	/* which takes it */
	return true;
}

static const char *
fault_of_peer(void)
{
	unsigned long error = library.ERR_peek_last_error();

	if (error == 0)
		return "the client hung up";
	return ERR_GET_REASON(error) == SSL_R_WRONG_VERSION_NUMBER ||
	    ERR_GET_REASON(error) == SSL_R_HTTP_REQUEST
	    ? "the client does not speak TLS" : reason();
}

static enum tls_status
status_of(struct tls *t, int result)
{
	if (result == 1)
		return TLS_DONE;
	switch (library.SSL_get_error(t->ssl, result)) {
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

	library.ERR_clear_error();
	status = status_of(t, library.SSL_accept(t->ssl));
	if (status == TLS_DONE)
		tls_forget(t);
	return status;
}

void
tls_forget(struct tls *t)
{
	if (t == NULL)
		return;
	close_file(&t->certificate);
	close_file(&t->key);
	tickets_wipe(&t->tickets);
	if (t->ssl != NULL)
		library.SSL_certs_clear(t->ssl);
}

bool
tls_has_bad_files(const struct tls *t)
{
	return t->were_read && !t->are_good;
}

const char *
tls_fault(const struct tls *t)
{
	return t->fault;
}

enum tls_status
tls_read(struct tls *t, char *octets, size_t length, size_t *done)
{
	library.ERR_clear_error();
	return status_of(t, library.SSL_read_ex(t->ssl, octets, length, done));
}

enum tls_status
tls_write(struct tls *t, const char *octets, size_t length, size_t *done)
{
	library.ERR_clear_error();
	return status_of(t, library.SSL_write_ex(t->ssl, octets, length,
	    done));
}

void
tls_end(struct tls *t)
{
	if (t->fault == NULL)
		library.SSL_shutdown(t->ssl);
}
