/*
 * usage: tls_sender FILE SIZE CERTIFICATE KEY
 *
 * A measure for RETR inside TLS: what sendfile.c is without, by OpenSSL alone
 * with nothing in between. The file is mapped.
 */
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static const char ok[] = "+OK\r\n";

static void
put(SSL *tls, const char *octets, size_t length)
{
	if (SSL_write(tls, octets, (int)length) != (int)length)
		errx(1, "cannot send");
}

/* Line by line, as the client waits for each answer. */
static int
get(SSL *tls, char *line, size_t size)
{
	int n = SSL_read(tls, line, (int)size - 1);

	line[n > 0 ? n : 0] = '\0';
	return n;
}

static SSL *
accept_tls(const char *certificate, const char *key)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	SSL *tls;
	int one = 1;

	if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1 ||
	    SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
		errx(2, "cannot use %s", certificate);
	tls = SSL_new(context);
	setsockopt(STDOUT_FILENO, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (SSL_set_fd(tls, STDIN_FILENO) != 1 || SSL_accept(tls) != 1)
		errx(1, "no handshake");
	return tls;
}

int
main(int argc, char **argv)
{
	int fd = argc == 5 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	struct stat status;
	const char *file;
	char line[512];
	size_t size;
	SSL *tls;

	if (fd == -1 || fstat(fd, &status) == -1)
		err(2, "usage: tls_sender FILE SIZE CERTIFICATE KEY");
	file = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd,
	    0);
	size = strtoull(argv[2], NULL, 10);
	tls = accept_tls(argv[3], argv[4]);
	put(tls, ok, sizeof(ok) - 1);
	while (get(tls, line, sizeof(line)) > 0) {
		put(tls, ok, sizeof(ok) - 1);
		if (strncmp(line, "RETR ", 5) == 0)
			put(tls, file + (strtoull(line + 5, NULL, 10) - 1) *
			    size, size);
		if (strncmp(line, "QUIT", 4) == 0)
			break;
	}
	SSL_shutdown(tls);
	return 0;
}
