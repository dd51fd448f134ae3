/*
 * What a store must do to be a maildrop. maildrop.c keeps the numbers, the
 * marks and the totals, and knows no store but through this table.
 *
 * All of it runs as the account. Only _update writes, and _open finishes what
 * an _update began that was interrupted.
 */
#ifndef MAILDROP_FORMAT_H
#define MAILDROP_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "maildrop/message.h"
#include "maildrop/status.h"

struct journal;
struct store;

struct store_settings {
	const char *path;
	uid_t owner;		/* whose it must be */
	bool with_popa3d;	/* fill in popa3d's ids */
	struct journal *journal;
};

struct format {
	/* Opens the mailbox and fills the list, which is empty. The path is
	 * kept, not copied. *store is set on MAILDROP_OK. */
	enum maildrop_status (*open)(const struct store_settings *,
	    struct message_list *, struct store **store);

	/* Closes; NULL is fine. */
	void (*close)(struct store *);

	/* Begins to read a message of the list. */
	enum maildrop_status (*read_begin)(struct store *,
	    const struct message *);

	/* The next text of it, *length 0 at its end; the store's until the
	 * next call. */
	enum maildrop_status (*read)(struct store *, const char **octets,
	    size_t *length);

	/* Removes the marked messages of the list, durably. */
	enum maildrop_status (*update)(struct store *,
	    const struct message_list *);
};

extern const struct format mbox_format;

#endif
