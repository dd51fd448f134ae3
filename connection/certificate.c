#include "connection/certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/count.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "connection/openssl.h"

#define PEM_FILE_MAX (1 << 20)

/* Before the end of a certificate. */
#define DAYS_OF_WARNING 14

static void
log_fault(const char *name, const char *fault)
{
	log_note(LOG_ERR, "no TLS: %s %s", name, fault);
}

/* --- opening ------------------------------------------------------------- */

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
open_file(const char *path, const char *name, int passed)
{
	struct pem_file file = {
		.name = name != NULL ? name : path,
		.fd = passed,
	};

	if (file.fd == -1)
		file.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK |
		    O_NOCTTY);
	if (file.fd == -1)
		file.fault = fault_of_opening(path, name != NULL);
	return file;
}

void
certificate_open(struct certificate *c, const struct tls_files *files)
{
	*c = (struct certificate){
		.certificate = open_file(files->certificate,
		    files->certificate_name, files->certificate_passed),
		.key = open_file(files->key, files->key_name,
		    files->key_passed),
	};
	c->key.is_private = files->key_name == NULL;
}

bool
certificate_is_there(const struct certificate *c)
{
	const struct pem_file *bad = c->certificate.fault != NULL
	    ? &c->certificate : &c->key;

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
certificate_close(struct certificate *c)
{
	close_file(&c->certificate);
	close_file(&c->key);
}

/* --- reading ------------------------------------------------------------- */

/* What is wrong with a file, in words to stand after its name; NULL if nothing
 * is. `text` is what it holds, as `pem` does. */
typedef const char *taker(SSL *, BIO *pem, const char *text,
    const char *name);

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
	switch (ERR_GET_REASON(openssl()->ERR_peek_last_error())) {
	case SSL_R_EE_KEY_TOO_SMALL:
	case SSL_R_CA_KEY_TOO_SMALL:
		return "has a certificate whose key is too short: have one "
		    "made with RSA of 2048 bits or P-256";
	case SSL_R_CA_MD_TOO_WEAK:
		return "has a certificate whose signature is too weak: have "
		    "one made with SHA-256";
	default:
		return openssl_reason();
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
warn_of_time(const X509 *leaf, const char *name)
{
	int wait, wait_seconds, left, left_seconds;

	if (openssl()->ASN1_TIME_diff(&wait, &wait_seconds, NULL,
	    openssl()->X509_get0_notBefore(leaf)) != 1 ||
	    openssl()->ASN1_TIME_diff(&left, &left_seconds, NULL,
	    openssl()->X509_get0_notAfter(leaf)) != 1)
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
	bool is_odd = openssl()->EVP_PKEY_get_group_name(
	    openssl()->X509_get0_pubkey(leaf), curve, sizeof(curve), NULL) == 1;

	for (size_t i = 0; i < COUNT(signing); i++)
		is_odd = is_odd && strcmp(curve, signing[i]) != 0;
	return is_odd;
}

/* The context holds certificates, too, though none are taken from there: who
 * forgets the session's, with the key, then copies no page to free them. */
static bool
use_certificate(SSL *ssl, X509 *leaf)
{
	return openssl()->SSL_use_certificate(ssl, leaf) == 1 &&
	    openssl()->SSL_CTX_use_certificate(
	    openssl()->SSL_get_SSL_CTX(ssl), leaf) == 1;
}

static bool
use_issuer(SSL *ssl, X509 *issuer)
{
	return openssl()->SSL_ctrl(ssl, SSL_CTRL_CHAIN_CERT, 1, issuer) == 1 &&
	    openssl()->SSL_CTX_ctrl(openssl()->SSL_get_SSL_CTX(ssl),
	    SSL_CTRL_CHAIN_CERT, 1, issuer) == 1;
}

static const char *
take_leaf(SSL *ssl, X509 *leaf, const char *name)
{
	if (is_on_odd_curve(leaf))
		return "has a key on a curve that no client takes: "
		    "use P-256, or RSA";
	warn_of_time(leaf, name);
	return use_certificate(ssl, leaf) ? NULL : fault_of_certificate();
}

/* One that leads from the leaf to a root. */
static const char *
take_issuer(SSL *ssl, X509 *leaf, X509 *issuer)
{
	if (openssl()->X509_cmp(leaf, issuer) != 0 &&
	    openssl()->X509_check_issued(leaf, issuer) == X509_V_OK)
		return "has its certificates in the wrong order: the server's "
		    "own must be the first, then its issuer's";
	return use_issuer(ssl, issuer) ? NULL : fault_of_certificate();
}

/* The certificate, then those of its issuers. */
static const char *
take_certificates(SSL *ssl, BIO *pem, const char *text, const char *name)
{
	X509 *leaf = openssl()->PEM_read_bio_X509(pem, NULL, no_password, NULL);
	X509 *next;
	const char *fault;

	if (leaf == NULL)
		return strstr(text, "-----BEGIN CERTIFICATE") != NULL
		    ? "is damaged" : fault_of_text(text, "holds no "
		    "certificate: is it the key, and the two are swapped?");
	fault = take_leaf(ssl, leaf, name);
	while (fault == NULL && (next = openssl()->PEM_read_bio_X509(pem, NULL,
	    no_password, NULL)) != NULL) {
		fault = take_issuer(ssl, leaf, next);
		openssl()->X509_free(next);
	}
	openssl()->X509_free(leaf);
	if (fault == NULL && ERR_GET_REASON(openssl()->ERR_peek_last_error()) !=
	    PEM_R_NO_START_LINE)
		fault = "is damaged";
	return fault;
}

static const char *
take_key(SSL *ssl, BIO *pem, const char *text, const char *name)
{
	EVP_PKEY *key = openssl()->PEM_read_bio_PrivateKey(pem, NULL,
	    no_password, NULL);
	bool is_taken = key != NULL &&
	    openssl()->SSL_use_PrivateKey(ssl, key) == 1 &&
	    openssl()->SSL_check_private_key(ssl) == 1;

	(void)name;
	openssl()->EVP_PKEY_free(key);
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
take_file(SSL *ssl, struct pem_file *file, taker *take)
{
	const char *fault = fault_of_mode(file);
	size_t length = 0;
	char *text = fault != NULL ? NULL
	    : fd_read_file(file->fd, PEM_FILE_MAX, &length);
	BIO *pem = text == NULL ? NULL
	    : openssl()->BIO_new_mem_buf(text, (int)length);

	if (pem != NULL)
		fault = take(ssl, pem, text, file->name);
	else if (fault == NULL)
		fault = strerror(errno);
	openssl()->BIO_free(pem);
	openssl()->ERR_clear_error();	/* a file's end is one */
	if (text != NULL)
		text_wipe(text, length);
	free(text);
	if (fault != NULL)
		log_fault(file->name, fault);
	return fault == NULL;
}

bool
certificate_take(struct certificate *c, SSL *ssl)
{
	if (!c->were_read)
		c->are_good = take_file(ssl, &c->certificate,
		    take_certificates) && take_file(ssl, &c->key, take_key);
	c->were_read = true;
	return c->are_good;
}

/* --- what it is ---------------------------------------------------------- */

/* "DNS:a.example.org, DNS:b.example.org". */
static bool
add_names(const X509 *leaf, struct strbuf *text)
{
	int at = openssl()->X509_get_ext_by_NID(leaf, NID_subject_alt_name, -1);
	BIO *printed = at < 0 ? NULL
	    : openssl()->BIO_new(openssl()->BIO_s_mem());
	char names[512];
	int length = 0;

	if (printed != NULL && openssl()->X509V3_EXT_print(printed,
	    openssl()->X509_get_ext(leaf, at), 0, 0) == 1)
		length = openssl()->BIO_read(printed, names, sizeof(names));
	openssl()->BIO_free(printed);
	if (length > 0)
		strbuf_add(text, names, (size_t)length);
	return length > 0;
}

/* Where it has none of those. */
static void
add_common_name(const X509 *leaf, struct strbuf *text)
{
	char name[256];

	if (openssl()->X509_NAME_get_text_by_NID(
	    openssl()->X509_get_subject_name(leaf), NID_commonName, name,
	    sizeof(name)) > 0)
		strbuf_format(text, "%s", name);
	else
		strbuf_format(text, "no name");
}

void
certificate_describe(const SSL *ssl, struct strbuf *text)
{
	const X509 *leaf = openssl()->SSL_get_certificate(ssl);
	int days, seconds;

	if (!add_names(leaf, text))
		add_common_name(leaf, text);
	if (openssl()->ASN1_TIME_diff(&days, &seconds, NULL,
	    openssl()->X509_get0_notAfter(leaf)) == 1)
		strbuf_format(text, ", for %d days more", days);
}
