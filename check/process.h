/* Which processes have a file open, as far as /proc lets us see: only root sees
 * those of others. */
#ifndef CHECK_PROCESS_H
#define CHECK_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/strbuf.h"

/* Appends "NAME (process PID)". */
void process_describe(pid_t, struct strbuf *);

/* Appends that of each process that has the file open, "a, b"; of a socket the
 * device does not matter. False if there is none to be seen. */
bool process_describe_holders(const dev_t *device, ino_t, struct strbuf *);

#endif
