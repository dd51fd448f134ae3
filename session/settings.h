/* What a conversation is told, and its limits. */
#ifndef SESSION_SETTINGS_H
#define SESSION_SETTINGS_H

#include <stdbool.h>

/* Refused logins until we hang up, and how long the first refusal is held
 * back; each further one takes twice as long as the one before. A check that
 * takes longer is answered whole such steps later. */
#define SESSION_LOGINS_MAX 3
#define SESSION_LOGIN_DELAY_MILLISECONDS 1000

/* Logins to a maildrop that another session has, until we hang up. */
#define SESSION_IN_USE_MAX 10

struct session_settings {
	const char *hostname;		/* graphic ASCII */
	int idle_milliseconds;		/* for a whole line to arrive */
	int login_milliseconds;		/* from the greeting to a maildrop */
	const char *client;		/* its address, for the log */
	bool allows_plaintext;		/* passwords without TLS are taken */
};

#endif
