/*
 * One request: who asks is looked at, the question is read, PAM is asked, and
 * the answer is sent. Nothing outlives it: if we stop anywhere, whoever asks
 * finds the connection at its end and knows no more than before.
 */
#ifndef HELPER_REQUEST_H
#define HELPER_REQUEST_H

#include <stdbool.h>
#include <sys/types.h>

/* All of a request; then the process is killed, whatever a module is at. */
#define REQUEST_SECONDS 20

struct request_rules {
	uid_t user;		/* who may ask, and nobody else */
	const char *service;	/* PAM's */
	const char *places;	/* a directory: hash_slot.h */
};

/* Whether the peer may ask. Starts the time of the request. False after a log
 * line. */
bool request_begin(int connection, const struct request_rules *);

/* Reads, asks and answers. False after a log line if there was no answer. */
bool request_answer(int connection, const struct request_rules *);

#endif
