/* Who an account is, and how it ends when somebody claims to be its owner. */
#ifndef AUTH_ACCOUNT_H
#define AUTH_ACCOUNT_H

#include <sys/types.h>

#define AUTH_NAME_SIZE 65
#define AUTH_HOME_SIZE 1024

struct auth_account {
	char name[AUTH_NAME_SIZE];
	char home[AUTH_HOME_SIZE];
	uid_t uid;
	gid_t gid;
};

enum auth_status {
	AUTH_OK,
	AUTH_REFUSED,
	AUTH_TEMPORARY,		/* could not find out, or not soon; logged */
};

#endif
