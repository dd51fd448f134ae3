/*
 * Signals that the kernel sends to a process for a defect of its program. Who
 * may send signals to a process may send these, too.
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdbool.h>

bool fault_is(int signal);

/* Those that others send have no effect from then on; the kernel's own end the
 * process as before, for they cannot be blocked. False with errno. */
bool fault_block_sent(void);

#endif
