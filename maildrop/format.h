/*
 * What a store must do to be a maildrop. maildrop.c keeps the numbers, the
 * marks and the totals, and knows no store but through this table.
 *
 * All of it runs as the account, and all but _open without the right to open
 * anything. Only _update writes, and _load finishes what an _update began that
 * was interrupted.
 */
#ifndef MAILDROP_FORMAT_H
#define MAILDROP_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "maildrop/message.h"
#include "maildrop/status.h"

struct redo_log;
struct store;
struct uidl_scheme;

struct store_settings {
	const char *path;
	uid_t owner;		/* whose it must be */
	const struct uidl_scheme *scheme;
	int session;		/* the file of the session lock, which the
				   caller holds */
	struct redo_log *redo_log;
	int index;		/* a file for what need not be found twice,
				   or -1 */
};

struct format {
	/* Whether there is a lock beside the mailbox at `path`, by a look at
	 * its name; whether it is one that a dead program left. */
	bool (*is_locked)(const char *path);
	bool (*is_left)(const struct store_settings *);

	/* Opens the mailbox, and locks it against other programs unless it is
	 * known to be as it was; reads nothing of it. The path is kept, not
	 * copied. *store is set on MAILDROP_OK. */
	enum maildrop_status (*open)(const struct store_settings *,
	    struct store **store);

	/* The directory in which files are made and removed later; or -1. */
	int (*directory)(const struct store *);

	/* Fills the list, which is empty, and drops the lock. Those that are
	 * not known to the list still want their ordinals. */
	enum maildrop_status (*load)(struct store *, struct message_list *);

	/* Lets the next _load find the list, as it is now, without looking at
	 * the mail again. Does nothing if there is nothing new. */
	void (*remember)(struct store *, struct message_list *);

	/* Closes; NULL is fine. */
	void (*close)(struct store *);

	/* Begins to read message `i` of the list, which stays where it is, and
	 * in which it may note that the message was looked at. */
	enum maildrop_status (*read_begin)(struct store *,
	    struct message_list *, size_t i);

	/* The next text of it, *length 0 at its end; the store's until the
	 * next call. */
	enum maildrop_status (*read)(struct store *, const char **octets,
	    size_t *length);

	/* Removes the marked messages, durably, also from the list. */
	enum maildrop_status (*update)(struct store *, struct message_list *);
};

extern const struct format mbox_format;

#endif
