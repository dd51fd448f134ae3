/*
 * A PAM module that does what its first argument says:
 *
 *	secret		lets in who says "secret"
 *	slow		says in /run/faillock/slow that it is there, and takes as long as
 *			that file stays; then it is "secret"
 *	hang		never ends, whatever signal it gets
 *	crash		dies of a defect
 *	code N		returns the code N
 *	as NAME		lets in whoever it is, as somebody else
 *	ask		asks for more than a password
 *	say FILE	writes the user, the host, the terminal, and nothing else
 *			that it was told; then it lets in who says "secret"
 */
#include <security/pam_modules.h>
#include <security/pam_ext.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
secret(pam_handle_t *pam)
{
	const char *password = NULL;

	if (pam_get_authtok(pam, PAM_AUTHTOK, &password, NULL) != PAM_SUCCESS)
		return PAM_AUTH_ERR;
	return strcmp(password, "secret") == 0 ? PAM_SUCCESS : PAM_AUTH_ERR;
}

static const char *
item(pam_handle_t *pam, int which)
{
	const void *value = NULL;

	pam_get_item(pam, which, &value);
	return value == NULL ? "-" : value;
}

static int
say(pam_handle_t *pam, const char *path)
{
	FILE *file = fopen(path, "a");

	if (file == NULL)
		return PAM_SYSTEM_ERR;
	fprintf(file, "user=%s rhost=%s tty=%s ruser=%s service=%s\n",
	    item(pam, PAM_USER), item(pam, PAM_RHOST), item(pam, PAM_TTY),
	    item(pam, PAM_RUSER), item(pam, PAM_SERVICE));
	fclose(file);
	return secret(pam);
}

static int
hang(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	for (;;)
		pause();
}

static int
slow(pam_handle_t *pam)
{
	int fd = creat("/run/faillock/slow", 0600);

	close(fd);
	while (access("/run/faillock/slow", F_OK) == 0)
		usleep(20000);
	return secret(pam);
}

static int
ask(pam_handle_t *pam)
{
	char *answer = NULL;
	int status = pam_prompt(pam, PAM_PROMPT_ECHO_ON, &answer, "more: ");

	free(answer);
	return status;
}

static int
run(pam_handle_t *pam, int argc, const char **argv)
{
	const char *what = argc > 0 ? argv[0] : "", *how = argc > 1 ? argv[1]
	    : "";

	if (strcmp(what, "secret") == 0)
		return secret(pam);
	if (strcmp(what, "say") == 0)
		return say(pam, how);
	if (strcmp(what, "slow") == 0)
		return slow(pam);
	if (strcmp(what, "hang") == 0)
		return hang();
	if (strcmp(what, "crash") == 0)
		return raise(SIGSEGV);
	if (strcmp(what, "code") == 0)
		return atoi(how);
	if (strcmp(what, "ask") == 0)
		return ask(pam);
	if (strcmp(what, "as") == 0)
		return pam_set_item(pam, PAM_USER, how);
	return PAM_SERVICE_ERR;
}

int
pam_sm_authenticate(pam_handle_t *pam, int flags, int argc, const char **argv)
{
	(void)flags;
	return run(pam, argc, argv);
}

int
pam_sm_setcred(pam_handle_t *pam, int flags, int argc, const char **argv)
{
	(void)pam, (void)flags, (void)argc, (void)argv;
	return PAM_SERVICE_ERR;
}

int
pam_sm_acct_mgmt(pam_handle_t *pam, int flags, int argc, const char **argv)
{
	(void)flags;
	return run(pam, argc, argv);
}
