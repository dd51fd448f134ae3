/* Sources that ask another process, which knows passwords: pop3-auth, which
 * asks PAM, or saslauthd. Whose account a name is, the system says. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "auth/passwd.h"
#include "auth/question.h"
#include "auth/source.h"
#include "base/deadline.h"
#include "base/log.h"
#include "base/text.h"

#define PAM "pam"
#define SASLAUTHD "saslauthd:"

/* In which the answer must be there. A directory in the network takes its
 * time. */
#define WAIT_MILLISECONDS 20000

/* Until we look again whether there is room for one more who asks. */
#define PAUSE_MILLISECONDS 20

/* What the process is asked as: the name of saslauthd's PAM file. pop3-auth has
 * its own. */
#define SERVICE "pop3"

struct asked {
	struct sockaddr_un address;
};

static bool
asked_open(const char *path, void **source)
{
	struct asked *asked = calloc(1, sizeof(*asked));

	if (asked == NULL)
		return false;
	if (path[0] != '/' || !auth_copy(asked->address.sun_path,
	    sizeof(asked->address.sun_path), path)) {
		log_note(LOG_ERR, "cannot ask at %s: it must be an absolute "
		    "path of less than %zu octets", path,
		    sizeof(asked->address.sun_path));
		free(asked);
		return false;
	}
	asked->address.sun_family = AF_UNIX;
	*source = asked;
	return true;
}

static bool
pam_open(const char *value, int passed, void **source)
{
	(void)value;
	(void)passed;
	return asked_open(AUTH_SOCKET, source);
}

static bool
saslauthd_open(const char *value, int passed, void **source)
{
	(void)passed;
	return asked_open(value + strlen(SASLAUTHD), source);
}

/* Waits until something can be had from it. False with errno. */
static bool
await(int fd, struct deadline by)
{
	struct pollfd poll_for = { .fd = fd, .events = POLLIN };
	int count;

	do
		count = poll(&poll_for, 1, deadline_left(by));
	while (count == -1 && errno == EINTR);
	if (count == 0)
		errno = ETIMEDOUT;
	return count > 0;
}

/* Connects, if need be after a while: as long as there is no place among those
 * that wait to be accepted. False with errno. */
static bool
call(int fd, const struct asked *asked, struct deadline by)
{
	const struct sockaddr *address = (const void *)&asked->address;

	while (connect(fd, address, sizeof(asked->address)) == -1) {
		if (errno != EAGAIN || deadline_is_past(by))
			return false;
		deadline_sleep(by, PAUSE_MILLISECONDS);
	}
	return true;
}

/* A connected socket; -1 with errno. The pre-auth filter refuses to connect a
 * descriptor as low as the client's: then the next one is tried. */
static int
open_call(const struct asked *asked, struct deadline by)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int next, error;

	if (fd == -1 || call(fd, asked, by))
		return fd;
	error = errno;
	next = error == EPERM ? open_call(asked, by) : -1;
	close(fd);
	if (next == -1 && error != EPERM)
		errno = error;
	return next;
}

static const char *
what_is_wrong(int error)
{
	switch (error) {
	case 0:
		return "it ended without an answer";
	case EPROTO:
		return "what it said is no answer";
	case ETIMEDOUT:
	case EAGAIN:
		return "no answer in 20 seconds";
	default:
		return strerror(error);
	}
}

/* Reads the answer. False with errno, which is 0 at its end. */
static bool
hear(int fd, enum answer *answer, struct deadline by)
{
	enum question_status status = QUESTION_UNFINISHED;
	char octets[ANSWER_SIZE];
	size_t length = 0;

	while (status == QUESTION_UNFINISHED) {
		ssize_t count = -1;

		if (await(fd, by))
			count = recv(fd, octets + length,
			    sizeof(octets) - length, 0);
		if (count == 0)
			errno = 0;
		if (count <= 0)
			return false;
		length += (size_t)count;
		status = answer_read(octets, length, answer);
	}
	errno = EPROTO;
	return status == QUESTION_GOOD;
}

static void
complain(const struct asked *asked, int error)
{
	log_note(LOG_ERR, "cannot check a password: %s: %s",
	    asked->address.sun_path, what_is_wrong(error));
}

/* ANSWER_TEMPORARY after a log line if there is no answer. */
static enum answer
exchange(const struct asked *asked, const char *question, size_t length)
{
	struct deadline by = deadline_in(WAIT_MILLISECONDS);
	enum answer answer;
	int fd = open_call(asked, by);
	bool done = fd != -1 && send(fd, question, length, MSG_NOSIGNAL) ==
	    (ssize_t)length && hear(fd, &answer, by);

	if (!done)
		complain(asked, errno);
	if (fd != -1)
		close(fd);
	return done ? answer : ANSWER_TEMPORARY;
}

/* A name that cannot be one, and a password of no octets, are refused and not
 * asked for: neither tells who is known. Some directories let anybody in
 * without a password. */
static enum answer
put_question(const struct asked *asked, const char *name,
    const struct auth_request *request)
{
	const struct question question = {
		{ name, request->password, SERVICE, "", request->client },
	};
	char octets[QUESTION_SIZE];
	enum answer answer = ANSWER_REFUSED;
	size_t length = question_write(&question, octets);

	if (length > 0 && auth_is_name(name) && request->password[0] != '\0')
		answer = exchange(asked, octets, length);
	text_wipe(octets, sizeof(octets));
	return answer;
}

/* The account of a name whose password is right. */
static enum auth_status
take_account(const char *name, const struct auth_policy *policy,
    struct auth_account *account, enum auth_reason *reason)
{
	struct auth_account found;

	switch (passwd_find(name, &found)) {
	case AUTH_FOUND:
		break;
	case AUTH_UNKNOWN:
		log_note(LOG_NOTICE, "%s has the right password, and is not "
		    "among the system's accounts (getent passwd)", name);
		return AUTH_REFUSED;
	case AUTH_FAILED:
		return AUTH_TEMPORARY;
	}
	*reason = auth_policy_reason(policy, &found);
	if (*reason != AUTH_NO_REASON)
		return AUTH_REFUSED;
	*account = found;
	return AUTH_OK;
}

/* Whose password it is: as the name was given, if there is such an account, or
 * else in lower case. */
static const char *
name_of(const struct auth_names *names)
{
	struct auth_account found;

	return strcmp(names->given, names->lower) == 0 ||
	    passwd_find(names->given, &found) == AUTH_FOUND ? names->given
	    : names->lower;
}

static enum auth_status
asked_ask(const void *source, const struct auth_request *request,
    struct auth_account *account, enum auth_reason *reason)
{
	const char *name = name_of(request->names);

	switch (put_question(source, name, request)) {
	case ANSWER_YES:
		return take_account(name, request->policy, account, reason);
	case ANSWER_TEMPORARY:
		return AUTH_TEMPORARY;
	case ANSWER_REFUSED:
		break;
	case ANSWER_EXPIRED:
		*reason = AUTH_EXPIRED;
		break;
	case ANSWER_MUST_CHANGE:
		*reason = AUTH_MUST_CHANGE;
		break;
	case ANSWER_DENIED:
		*reason = AUTH_DENIED;
		break;
	}
	return AUTH_REFUSED;
}

/* Of the password nothing can be told; that somebody is there to be asked,
 * can. */
static enum auth_lookup
asked_find(const void *source, const struct auth_request *request,
    struct auth_account *account, enum auth_reason *reason)
{
	int fd = open_call(source, deadline_in(WAIT_MILLISECONDS));
	enum auth_lookup lookup;

	if (fd == -1) {
		complain(source, errno);
		return AUTH_FAILED;
	}
	close(fd);
	lookup = passwd_find(name_of(request->names), account);
	if (lookup == AUTH_FOUND)
		*reason = auth_policy_reason(request->policy, account);
	return lookup;
}

const struct auth_source auth_pam = {
	.word = PAM,
	.uses_system_names = true,
	.open = pam_open,
	.ask = asked_ask,
	.find = asked_find,
	.touch = passwd_touch,
	.close = free,
};

const struct auth_source auth_saslauthd = {
	.word = SASLAUTHD,
	.uses_system_names = true,
	.open = saslauthd_open,
	.ask = asked_ask,
	.find = asked_find,
	.touch = passwd_touch,
	.close = free,
};
