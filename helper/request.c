#include "helper/request.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "auth/hash_slot.h"
#include "auth/policy.h"
#include "auth/question.h"
#include "base/deadline.h"
#include "base/log.h"
#include "base/text.h"
#include "helper/pam.h"

#define ADDRESS_MAX 63

/* More than one a processor: a network is waited for, too. */
#define PLACES_PER_PROCESSOR 4

/* A module may catch any other signal. */
static bool
limit_time(void)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL,
	};
	const struct itimerspec once = {
		.it_value.tv_sec = REQUEST_SECONDS
	};
	timer_t timer;

	return timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 &&
	    timer_settime(timer, 0, &once, NULL) == 0;
}

bool
request_begin(int connection, const struct request_rules *rules)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (!limit_time()) {
		log_note(LOG_ERR, "cannot limit the time of a request: %s",
		    strerror(errno));
		return false;
	}
	if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) ==
	    -1) {
		log_note(LOG_ERR, "cannot find out who asks: %s",
		    strerror(errno));
		return false;
	}
	if (peer.uid == rules->user)
		return true;
	log_note(LOG_WARNING, "uid %lu may not ask", (unsigned long)peer.uid);
	return false;
}

/* Nothing else is given to modules. */
static bool
is_sound(const struct question *question)
{
	const char *address = question->parts[QUESTION_ADDRESS];
	size_t length = strlen(address);

	return auth_is_name(question->parts[QUESTION_NAME]) &&
	    question->parts[QUESTION_PASSWORD][0] != '\0' && length > 0 &&
	    length <= ADDRESS_MAX && text_is_graphic(address, length);
}

/* The question is in `octets`, of QUESTION_SIZE. False after a log line, but
 * for who asks nothing: --check does that. */
static bool
hear(int connection, char *octets, struct question *question)
{
	enum question_status status = QUESTION_UNFINISHED;
	size_t length = 0;
	ssize_t count = 1;

	while (status == QUESTION_UNFINISHED && count > 0) {
		count = recv(connection, octets + length,
		    QUESTION_SIZE - 1 - length, 0);
		if (count > 0)
			length += (size_t)count;
		status = question_read(octets, length, question);
	}
	if (status == QUESTION_GOOD && is_sound(question))
		return true;
	if (length > 0)
		log_note(LOG_WARNING, "what was asked is no question");
	return false;
}

/* Where too many are asked for, it is not known. */
static enum answer
ask(const struct question *question, const struct request_rules *rules)
{
	struct hash_slot slot;
	enum answer answer;

	if (!hash_slot_take(&slot, rules->places, PLACES_PER_PROCESSOR))
		return ANSWER_TEMPORARY;
	answer = pam_ask(rules->service, question);
	hash_slot_drop(&slot);
	return answer;
}

static bool
tell(int connection, enum answer answer)
{
	char octets[ANSWER_SIZE];
	size_t length = answer_write(answer, octets);

	if (send(connection, octets, length, MSG_NOSIGNAL) == (ssize_t)length)
		return true;
	log_note(LOG_NOTICE, "whoever has asked is gone");
	return false;
}

bool
request_answer(int connection, const struct request_rules *rules)
{
	char octets[QUESTION_SIZE];
	struct question question;
	enum answer answer = ANSWER_TEMPORARY;
	bool is_good = hear(connection, octets, &question);

	if (is_good)
		answer = ask(&question, rules);
	text_wipe(octets, sizeof(octets));
	return is_good && tell(connection, answer);
}
