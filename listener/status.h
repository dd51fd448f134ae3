/* What systemctl status says of a listener (sd_notify(3)). */
#ifndef LISTENER_STATUS_H
#define LISTENER_STATUS_H

#include "listener/state.h"

void status_ready(void);
void status_ending(void);

/* One line, not if it is the same, and a second after it has changed: whoever
 * came then shares the processor with nobody for that. */
void status_tell(struct listener *);

#endif
