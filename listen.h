/*
 * The life of a listener: prepares once, then hands each connection to a child
 * (listener/), which serves it as any process does (life).
 */
#ifndef LISTEN_H
#define LISTEN_H

#include <stdbool.h>

#include "life.h"

/* Serves the sockets that were passed, until it is told to end, idle or old; or
 * in a child, one connection. Gives back what the life has gathered. False
 * after a log line. `argv` is what we were executed with. */
bool listen_serve(struct life *, char *const *argv);

#endif
