/*
 * --check: tells an administrator what is wrong, with the server and with the
 * mailboxes of users, and serves nobody.
 *
 * Each question is a row of a table in check.c and a function in check/. Where
 * a module of the server knows the answer it is the one that is asked: what it
 * would log is what is found. A child asks about the server, and one about each
 * user, since there is no way back from an account: first as the caller, then
 * as the service user, then as the account.
 *
 * Nothing is changed, and no lock is taken: sessions and deliveries go on. So
 * we may stop anywhere.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>

#include "settings.h"

/* What the questions about the server, or about a user, may take. */
#define CHECK_SECONDS_MAX 300

/* Prints what is found; argv is that of settings_parse, since options stand in
 * a file, too. False if anything is wrong. */
bool check_all(struct settings *, int argc, char **argv);

#endif
