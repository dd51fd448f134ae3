#include "base/journal.h"

#include <assert.h>
#include <string.h>

#define SOCKET "/run/systemd/journal/socket"

struct log_socket
journal_new(void)
{
	return log_socket_new(SOCKET);
}

static struct iovec
part(const char *text)
{
	return (struct iovec){ (void *)text, strlen(text) };
}

bool
journal_send(struct log_socket *s, const char *const *fields, size_t count)
{
	struct iovec parts[2 * JOURNAL_FIELDS_MAX];

	assert(count <= JOURNAL_FIELDS_MAX);
	for (size_t i = 0; i < count; i++) {
		parts[2 * i] = part(fields[i]);
		parts[2 * i + 1] = part("\n");
	}
	return log_socket_open(s) && log_socket_send(s, parts, 2 * count);
}
