/* The lines of the log that other programs read: login, refused, session. */
#ifndef SESSION_RECORD_H
#define SESSION_RECORD_H

#include "session/state.h"

void record_login(const struct session *);

/* The name that was given is told, and what could be taken for another field
 * in it is not. */
void record_refused(const struct session *, const char *reason);

/* The word for why a conversation ends when this is how the connection is. */
const char *record_reason(enum connection_status);

/* One line for the whole conversation. Fields may be added behind the others,
 * and none is renamed or moved: programs read them. */
void record_session(const struct session *, int priority);

#endif
