/*
 * Entries for systemd's journal, in its native protocol
 * (systemd.io/JOURNAL_NATIVE_PROTOCOL): a datagram of lines "FIELD=value".
 *
 * We speak it ourselves: libsystemd and the five libraries that it wants would
 * cost each process more than the rest of its start.
 */
#ifndef BASE_JOURNAL_H
#define BASE_JOURNAL_H

#include "base/log_socket.h"

#define JOURNAL_FIELDS_MAX 24

struct log_socket journal_new(void);

/* Sends one entry of at most JOURNAL_FIELDS_MAX fields, none of which holds a
 * newline. False if the journal has not taken it. */
bool journal_send(struct log_socket *, const char *const *fields,
    size_t count);

#endif
