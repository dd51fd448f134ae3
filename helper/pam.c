#include "helper/pam.h"

#include <security/pam_appl.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"

/* What modules take for the terminal. */
#define TTY "pop3"

/* What only a password can be an answer to. */
static bool
is_secret(const struct pam_message *message)
{
	return message->msg_style == PAM_PROMPT_ECHO_OFF;
}

static bool
is_question(const struct pam_message *message)
{
	return is_secret(message) || message->msg_style == PAM_PROMPT_ECHO_ON;
}

static void
forget(struct pam_response *responses, int count)
{
	for (int i = 0; i < count; i++) {
		if (responses[i].resp == NULL)
			continue;
		text_wipe(responses[i].resp, strlen(responses[i].resp));
		free(responses[i].resp);
	}
	free(responses);
}

/* pam_conv(3): says the password, and nothing else, as there is nobody to be
 * asked. What modules have to tell is told to nobody. */
static int
converse(int count, const struct pam_message **messages,
    struct pam_response **answers, void *password)
{
	struct pam_response *responses;

	if (count <= 0 || count > PAM_MAX_NUM_MSG)
		return PAM_CONV_ERR;
	responses = calloc((size_t)count, sizeof(*responses));
	if (responses == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < count; i++) {
		if (is_secret(messages[i]))
			responses[i].resp = strdup(password);
		if (is_question(messages[i]) && responses[i].resp == NULL) {
			forget(responses, count);
			return PAM_CONV_ERR;
		}
	}
	*answers = responses;
	return PAM_SUCCESS;
}

static void
no_delay(int status, unsigned microseconds, void *password)
{
	(void)status;
	(void)microseconds;
	(void)password;
}

/* Tells the modules who asks. */
static int
introduce(pam_handle_t *pam, const char *address)
{
	const union {
		void (*function)(int, unsigned, void *);
		const void *item;
	} delay = { .function = no_delay };
	int status = pam_set_item(pam, PAM_FAIL_DELAY, delay.item);

	if (status == PAM_SUCCESS)
		status = pam_set_item(pam, PAM_TTY, TTY);
	if (status == PAM_SUCCESS && strcmp(address, "local") != 0)
		status = pam_set_item(pam, PAM_RHOST, address);
	return status;
}

/* Whether the modules have checked whom they were asked for: some let a name
 * stand for another one. */
static bool
is_same_user(pam_handle_t *pam, const char *name)
{
	const void *user = NULL;

	if (pam_get_item(pam, PAM_USER, &user) == PAM_SUCCESS &&
	    user != NULL && text_equal_nocase(user, strlen(user), name))
		return true;
	log_note(LOG_NOTICE, "PAM takes %s for another user, which is not "
	    "served", name);
	return false;
}

/* What pam_authenticate(3) says. What is not known is nobody's fault. */
static enum answer
answer_of_password(int status)
{
	switch (status) {
	case PAM_SUCCESS:
		return ANSWER_YES;
	case PAM_AUTH_ERR:
	case PAM_USER_UNKNOWN:
	case PAM_MAXTRIES:
	case PAM_PERM_DENIED:
	case PAM_CRED_INSUFFICIENT:
	case PAM_CRED_EXPIRED:
	case PAM_ACCT_EXPIRED:
	case PAM_NEW_AUTHTOK_REQD:
	case PAM_AUTHTOK_EXPIRED:
		return ANSWER_REFUSED;
	default:
		return ANSWER_TEMPORARY;
	}
}

/* What pam_acct_mgmt(3) says, after a right password. */
static enum answer
answer_of_account(int status)
{
	switch (status) {
	case PAM_ACCT_EXPIRED:
	case PAM_AUTHTOK_EXPIRED:
		return ANSWER_EXPIRED;
	case PAM_NEW_AUTHTOK_REQD:
		return ANSWER_MUST_CHANGE;
	case PAM_SUCCESS:
		return ANSWER_YES;
	default:
		return answer_of_password(status) == ANSWER_REFUSED
		    ? ANSWER_DENIED : ANSWER_TEMPORARY;
	}
}

static enum answer
check(pam_handle_t *pam, const struct question *question, int *status)
{
	enum answer answer;

	*status = introduce(pam, question->parts[QUESTION_ADDRESS]);
	if (*status != PAM_SUCCESS)
		return ANSWER_TEMPORARY;
	*status = pam_authenticate(pam, PAM_SILENT |
	    PAM_DISALLOW_NULL_AUTHTOK);
	answer = answer_of_password(*status);
	if (answer != ANSWER_YES)
		return answer;
	*status = pam_acct_mgmt(pam, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
	answer = answer_of_account(*status);
	if (answer == ANSWER_YES &&
	    !is_same_user(pam, question->parts[QUESTION_NAME]))
		return ANSWER_DENIED;
	return answer;
}

enum answer
pam_ask(const char *service, const struct question *question)
{
	const char *name = question->parts[QUESTION_NAME];
	const struct pam_conv conversation = {
		converse, (char *)question->parts[QUESTION_PASSWORD]
	};
	enum answer answer = ANSWER_TEMPORARY;
	pam_handle_t *pam = NULL;
	int status = pam_start(service, name, &conversation, &pam);

	if (status == PAM_SUCCESS)
		answer = check(pam, question, &status);
	if (answer == ANSWER_TEMPORARY)
		log_note(LOG_ERR, "PAM cannot check %s: %s", name,
		    pam_strerror(pam, status));
	if (pam != NULL)
		pam_end(pam, status);
	return answer;
}
