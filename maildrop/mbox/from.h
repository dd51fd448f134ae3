/*
 * The From_ line that begins a message in an mbox: "From ", a sender, a date.
 *
 * Delivery agents that go by Content-Length leave "From " at the start of body
 * lines, so the date must be there and look like one (asctime(3)'s order, or
 * RFC 5322's, with or without seconds and zone). A year of other than four
 * digits (95, 100, 19100) needs a date that is complete, and nothing behind.
 */
#ifndef MAILDROP_MBOX_FROM_H
#define MAILDROP_MBOX_FROM_H

#include <stddef.h>
#include <stdint.h>

/* A longer line begins no message. */
#define MBOX_FROM_MAX 1024

/* The date of the From_ line, with or without its line end, as the number
 * YYYYMMDDhhmmss, whatever its zone; 0 if it is no From_ line. */
uint64_t mbox_from_date(const char *line, size_t length);

#endif
