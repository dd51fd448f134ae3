#include "passed.h"

#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/systemd.h"
#include "connection/peer.h"

/* SD_LISTEN_FDS_START */
#define FIRST_PASSED 3

static bool
take_socket(struct passed *p, int fd, bool is_implicit)
{
	if (p->socket_count == PASSED_SOCKETS_MAX) {
		log_note(LOG_ERR, "more than %d sockets were passed",
		    PASSED_SOCKETS_MAX);
		return false;
	}
	p->sockets[p->socket_count++] = (struct passed_socket){
		.fd = fd, .is_implicit = is_implicit
	};
	return true;
}

static bool
take_connection(struct passed *p, int fd)
{
	if (p->in != -1) {
		log_note(LOG_ERR, "one connection at a time is served, and "
		    "more were passed");
		return false;
	}
	p->in = p->out = fd;
	return true;
}

/* Where a descriptor of this name belongs if it is no socket's; or NULL. */
static int *
place_of(struct passed *p, const char *name)
{
	const struct {
		const char *name;
		int *place;
	} places[] = {
		{ PASSED_ACCOUNTS, &p->accounts },
		{ PASSED_CERTIFICATE, &p->certificate },
		{ PASSED_KEY, &p->key },
		{ PASSED_LOGIN, &p->login },
		{ NULL, NULL },
	};
	size_t i = 0;

	while (places[i].name != NULL && strcmp(places[i].name, name) != 0)
		i++;
	return places[i].place;
}

static bool
take(struct passed *p, int fd, const char *name)
{
	int *place = place_of(p, name);

	if (place != NULL) {
		*place = fd;
		return true;
	}
	if (peer_is_listening(fd))
		return take_socket(p, fd, strncmp(name, "pop3s", 5) == 0);
	return take_connection(p, fd);
}

static bool
take_all(struct passed *p)
{
	struct systemd_names names;
	int count = systemd_listen_fds(&names);
	bool done = count >= 0;

	if (!done)
		log_note(LOG_ERR, "descriptors were passed, and libsystemd, "
		    "which knows of them, cannot be loaded");
	for (int i = 0; done && i < count; i++)
		done = take(p, FIRST_PASSED + i, names.at[i]);
	systemd_names_free(&names);
	return done;
}

bool
passed_find(struct passed *p)
{
	*p = (struct passed){
		.in = -1, .out = -1, .accounts = -1, .certificate = -1,
		.key = -1, .login = -1,
	};
	if (!take_all(p))
		return false;
	if (p->in == -1 && p->socket_count == 0) {
		if (peer_is_listening(STDIN_FILENO))
			return take_socket(p, STDIN_FILENO, false);
		p->in = STDIN_FILENO;
		p->out = STDOUT_FILENO;
	}
	if (p->in == -1 || p->socket_count == 0)
		return true;
	log_note(LOG_ERR, "both a connection and sockets that wait for "
	    "connections were passed");
	return false;
}
