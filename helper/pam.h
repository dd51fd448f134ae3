/* The only place that knows PAM (pam(3)). */
#ifndef HELPER_PAM_H
#define HELPER_PAM_H

#include "auth/question.h"

/*
 * Whether PAM's service `service` takes name and password, and lets the account
 * in now, from that address ("local" is none). No session is opened and no
 * credentials are made: nobody runs anything. The delays that modules ask for
 * are not made: whoever asks times refusals himself. Logs what is
 * ANSWER_TEMPORARY. May take as long as a module likes.
 */
enum answer pam_ask(const char *service, const struct question *);

#endif
