/* The files that TLS is made from. */
#ifndef CONNECTION_TLS_FILES_H
#define CONNECTION_TLS_FILES_H

struct tls_files {
	const char *certificate;	/* PEM; those that lead to a root after
					   it */
	const char *key;		/* PEM, not encrypted */
	const char *certificate_name, *key_name;
					/* for the log, where systemd has
					   passed a copy and keeps it from
					   others; NULL: the file itself */
	int certificate_passed, key_passed;
					/* open already; -1: to be opened */
	const char *tickets;		/* the directory of their keys; NULL:
					   there are no tickets */
};

#endif
