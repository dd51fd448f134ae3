/*
 * OpenSSL, loaded when a session wants it: linking it costs every process a
 * millisecond. Its functions are pointers in a table.
 *
 *	openssl_load, then openssl()->FUNCTION
 */
#ifndef CONNECTION_OPENSSL_H
#define CONNECTION_OPENSSL_H

#include <stdbool.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#if OPENSSL_VERSION_MAJOR < 3
#error "OpenSSL 3 is needed, and these are the headers of an older one"
#endif

/* The functions we use of the library, X(name) for each. What it has as macros
 * is made of these. */
#define OPENSSL_FUNCTIONS(X) \
	X(CRYPTO_set_mem_functions) X(OPENSSL_init_ssl) \
	X(TLS_server_method) X(SSL_CTX_new) X(SSL_CTX_free) X(SSL_CTX_ctrl) \
	X(SSL_CTX_set_options) X(SSL_CTX_set_cipher_list) \
	X(SSL_CTX_set_timeout) X(SSL_CTX_set_num_tickets) \
	X(SSL_CTX_set_alpn_select_cb) X(SSL_CTX_set_tlsext_ticket_key_evp_cb) \
	X(SSL_CTX_use_certificate) X(SSL_get_SSL_CTX) \
	X(SSL_select_next_proto) X(SSL_new) X(SSL_free) X(SSL_ctrl) \
	X(SSL_CTX_set_ex_data) X(SSL_CTX_get_ex_data) X(SSL_version) \
	X(SSL_use_certificate) X(SSL_use_PrivateKey) \
	X(SSL_check_private_key) X(SSL_set_cert_cb) X(SSL_certs_clear) \
	X(TLS_client_method) X(SSL_dup) X(SSL_connect) X(SSL_read) \
	X(SSL_set_session) X(SSL_get1_session) X(SSL_SESSION_free) \
	X(BIO_new_bio_pair) \
	X(SSL_set_bio) X(SSL_accept) X(SSL_read_ex) X(SSL_write_ex) \
	X(SSL_shutdown) X(SSL_get_error) X(SSL_get_version) \
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
	X(SSL_get_certificate) X(X509_get_ext_by_NID) X(X509_get_ext) \
	X(X509V3_EXT_print) X(BIO_s_mem) X(BIO_read) \
	X(X509_get_subject_name) X(X509_NAME_get_text_by_NID) \
	X(ERR_clear_error) X(ERR_peek_last_error) X(ERR_reason_error_string)

#define OPENSSL_POINTER(name) __typeof__(&(name)) (name);

struct openssl {
	OPENSSL_FUNCTIONS(OPENSSL_POINTER)
};

/* False after a log line. Memory that the library frees is wiped from then
 * on. */
bool openssl_load(void);

/* The library that was loaded. */
const struct openssl *openssl(void);

/* What the library says of the last error. */
const char *openssl_reason(void);

#endif
