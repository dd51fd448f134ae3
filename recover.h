/*
 * --recover: finishes what crashes have interrupted, in all mailboxes, and
 * serves nobody.
 *
 * A process for each mailbox claims it as the service user and opens it as its
 * owner, because there is no way back from an account. What we have not come
 * to when we stop is as it was; the next run finds it.
 */
#ifndef RECOVER_H
#define RECOVER_H

#include <stdbool.h>

#include "settings.h"

/* False after a log line, if a mailbox could not be recovered. */
bool recover_all(struct settings *);

#endif
