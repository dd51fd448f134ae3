/*
 * --recover: finishes what crashes have interrupted, in all mailboxes, and
 * serves nobody.
 *
 * A process for each mailbox claims it as the service user and opens it as its
 * owner, because there is no way back from an account. What we have not come
 * to when we stop is as it was; the next run finds it. A mailbox that takes too
 * long keeps neither the others nor a boot.
 */
#ifndef RECOVER_H
#define RECOVER_H

#include <stdbool.h>

#include "settings.h"

/* What a mailbox may take. */
#define RECOVERY_SECONDS_MAX 300

/* False after a log line, if a mailbox could not be recovered. */
bool recover_all(struct settings *);

#endif
