/*
 * What a dotlock says of its maker. The first line is the process id, in the
 * form of liblockfile; Dovecot and maildrop put ":HOST" after it. The second is
 * for us:
 *
 *	pop3-handler HOST BOOT SESSION
 *
 * the boot of the kernel (base/boot.h) and the file of the session lock, by
 * device and inode. So if we are killed, the next session knows: it holds the
 * session lock that the maker of the dotlock held.
 */
#ifndef MAILDROP_MBOX_DOTLOCK_MAKER_H
#define MAILDROP_MBOX_DOTLOCK_MAKER_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/boot.h"

/* Who we are, in these words; what is not known is empty. */
struct dotlock_self {
	char host[HOST_NAME_MAX + 1];
	char boot[BOOT_ID_SIZE];
	char session[48];
};

struct dotlock_maker {
	uint64_t pid;		/* 0: it does not say */
	bool is_ours;		/* a process of this program's */
	bool is_of_host;	/* it names this host, */
	bool is_of_another;	/* or another one */
	bool is_of_boot;	/* it is ours, of this boot, */
	bool is_of_session;	/* with the session lock that we hold */
};

/* For the holder of the session lock on the file `session`, in the boot of that
 * id, which is empty if it is not known. */
struct dotlock_self dotlock_self(int session, const char *boot);

/* Makes it the content of the file; false with errno. */
bool dotlock_maker_write(const struct dotlock_self *, int fd);

/* What the file says; nothing if fd is -1. */
struct dotlock_maker dotlock_maker_read(const struct dotlock_self *, int fd);

#endif
