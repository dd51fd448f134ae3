/*
 * Takes ranges out of a file, in place, so that a crash at any moment loses
 * nothing (no mbox knowledge here; DESIGN.md has the table of states).
 *
 *	rewrite_run		the change, begun and finished
 *	rewrite_recover		finishes the change that a crash interrupted
 *
 * In place, because a delivery agent that has opened the file and waits for
 * its lock must find its mail in the mailbox afterwards, and because users may
 * make no files in the spool directory. The file's lock is held in both.
 *
 * If we stop in the middle, the file and the redo log together still hold every
 * octet that stays. Others may append to the file before it is recovered.
 */
#ifndef MAILDROP_MBOX_REWRITE_H
#define MAILDROP_MBOX_REWRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "maildrop/mbox/redo_log.h"

enum rewrite_status {
	REWRITE_DONE,
	REWRITE_UNDONE,		/* failed, the file is as it was; errno */
	REWRITE_INTERRUPTED,	/* failed halfway, to be recovered; errno */
	REWRITE_FOREIGN,	/* recovery: the file is not the one that the
				   redo log knows; it was left alone and the
				   redo log was set aside */
};

/* Makes `plan` true of the file, and fills in its digests for that. What it
 * removes is longer than a digest. */
enum rewrite_status rewrite_run(int fd, struct redo_log *,
    struct redo_log_plan *plan);

/* Finishes what the redo log tells of, if anything; fd -1: there is no file
 * now, and the redo log waits for it. */
enum rewrite_status rewrite_recover(int fd, struct redo_log *);

#endif
