/* Handshakes with ourselves, a whole one and one that resumes it: what the
 * library finds and makes at its first ones, and keeps, is then there for the
 * children of this process. */
#ifndef CONNECTION_REHEARSAL_H
#define CONNECTION_REHEARSAL_H

#include <stdbool.h>

struct ssl_st;

/* As this session would have them, which is left as it is. Whether the last one
 * came to its end. */
bool rehearsal_hold(struct ssl_st *);

#endif
