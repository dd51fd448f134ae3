/* The system's names: passwd, by NSS. What they are told and what went wrong is
 * one vocabulary for all who look names up. */
#ifndef AUTH_PASSWD_H
#define AUTH_PASSWD_H

#include "auth/account.h"

/* Fills *account if the name is found. */
enum auth_lookup passwd_find(const char *name, struct auth_account *account);

/* The error of a look-up that found nothing: no such name, or a failure, which
 * is logged. */
enum auth_lookup passwd_verdict(int error, const char *database);


/* Loads the modules that look-ups load. */
void passwd_touch(void);

#endif
