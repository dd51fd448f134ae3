/*
 * The content of a file beside a maildrop, sealed by a digest, so that what is
 * damaged is taken for none. A crash inside of a write leaves it damaged.
 */
#ifndef MAILDROP_CONTROL_CONTENT_H
#define MAILDROP_CONTROL_CONTENT_H

#include <stdbool.h>
#include <stddef.h>

/* The content, NUL-terminated, which the caller frees; NULL if there is none
 * or it is damaged. */
char *control_content_read(int fd, size_t *length);

/* Replaces the content. False after a log line. */
bool control_content_write(int fd, const char *content, size_t length);

#endif
