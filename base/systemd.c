#include "base/systemd.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>

#include "base/library.h"

#define LIBRARY "libsystemd.so.0"

LIBRARY_NOTE(note, "[{\"feature\":\"systemd\",\"description\":\"socket "
    "activation, journal fields\",\"priority\":\"recommended\","
    "\"soname\":[\"" LIBRARY "\"]}]");

/* Loaded once: the dynamic linker counts. */
static void *
function_of_systemd(const char *name)
{
	return library_function(library_open(LIBRARY), name);
}

int
systemd_listen_fds(struct systemd_names *names)
{
	__typeof__(&sd_listen_fds_with_names) listen_fds = NULL;
	void *function;
	int count;

	names->at = NULL;
	if (getenv("LISTEN_FDS") == NULL)
		return 0;
	function = function_of_systemd("sd_listen_fds_with_names");
	if (function == NULL)
		return -1;
	memcpy(&listen_fds, &function, sizeof(listen_fds));
	count = listen_fds(1, &names->at);
	if (count < 0) {
		errno = -count;
		return -1;
	}
	return count;
}

void
systemd_names_free(struct systemd_names *names)
{
	for (size_t i = 0; names->at != NULL && names->at[i] != NULL; i++)
		free(names->at[i]);
	free(names->at);
}

void
systemd_notify(const char *state)
{
	__typeof__(&sd_notify) notify = NULL;
	void *function;

	if (getenv("NOTIFY_SOCKET") == NULL)
		return;
	function = function_of_systemd("sd_notify");
	if (function == NULL)
		return;
	memcpy(&notify, &function, sizeof(notify));
	notify(0, state);
}

bool
systemd_journal(const struct iovec *fields, int count)
{
	__typeof__(&sd_journal_sendv) sendv = NULL;
	void *function = function_of_systemd("sd_journal_sendv");

	if (function == NULL)
		return false;
	memcpy(&sendv, &function, sizeof(sendv));
	return sendv(fields, count) == 0;
}
