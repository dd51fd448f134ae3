/*
 * Who we are to the kernel: root, then the service user, then the account.
 *
 *	identity_drop_root	before any octet of the client is read
 *	identity_drop_dac_read_search	once it is known who the client is;
 *	identity_regain_dac_read_search	or is not, after all
 *	identity_become_user	then
 *
 * In between the process holds CAP_SETUID and CAP_SETGID and nothing else; on
 * systems whose passwords no group can read, also CAP_DAC_READ_SEARCH until
 * identity_drop_dac_read_search. After identity_become_user it holds nothing
 * and can get nothing back, which was tried. No change of ids makes it
 * dumpable. An ordinary user's process is that user from start to end.
 */
#ifndef PRIVILEGE_IDENTITY_H
#define PRIVILEGE_IDENTITY_H

#include <stdbool.h>
#include <sys/types.h>

/* Whether the process is an ordinary user's, and stays it: not root, and not
 * given both capabilities. */
bool identity_is_ordinary(void);

/*
 * If we are root: becomes the service user `name` with its groups. Keeps the
 * two capabilities, and the third if it was given to us or, for one who was
 * root, if the file `secrets` cannot be read without; NULL if there is none.
 * Returns false after a log line.
 */
bool identity_drop_root(const char *name, const char *secrets);

/* Gives up the third capability, which can be had back; has it back. False
 * after a log line. */
bool identity_drop_dac_read_search(void);
bool identity_regain_dac_read_search(void);

/* A program that is executed from here on keeps the capabilities that we have.
 * False after a log line. */
bool identity_pass_on(void);

struct identity {
	const char *name;	/* NULL: no supplementary groups but `spool` */
	uid_t uid;
	gid_t gid;
	gid_t spool;		/* kept if we are in it now; or (gid_t)-1 */
};

/* Becomes the account and gives everything else up. Returns false after a log
 * line; the process is then good for nothing but to end. */
bool identity_become_user(const struct identity *);

#endif
