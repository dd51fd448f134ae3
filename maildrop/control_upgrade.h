/* The names of control files in version 0.1. */
#ifndef MAILDROP_CONTROL_UPGRADE_H
#define MAILDROP_CONTROL_UPGRADE_H

#include "maildrop/control_kind.h"
#include "maildrop/status.h"

/*
 * Takes over what version 0.1 has named after the path as it was configured.
 * The session lock is held, on `session`, of the mailbox whose files are named
 * `to` now.
 */
enum maildrop_status control_take_over(int session, int directory,
    const struct control_kind *, const char *path, const char *to);

#endif
