/*
 * A second reading of an mbox, made from the words of scan.h and as simple
 * as can be: the whole mailbox in memory, an array of its lines, one message
 * after the other. It shares with the scanner only what a From_ line is.
 */
#ifndef TESTS_UNIT_MBOX_NAIVE_H
#define TESTS_UNIT_MBOX_NAIVE_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <strings.h>

#include "tests/unit/mbox_seen.h"

struct naive_line {
	const char *at;
	size_t start, length;		/* with its line end */
};

struct naive {
	struct box box;
	size_t count;
	struct naive_line line[SEEN_TEXT_MAX];
};

/* What the header of a message says beyond its text. */
struct naive_header {
	bool sender, subject, x_imap;	/* c-client's signs */
	bool claims;
	uint64_t claim;			/* of Content-Length */
};

static inline void
naive_split(struct naive *naive, const struct box *box)
{
	size_t start = 0;

	naive->box = *box;
	naive->count = 0;
	while (start < box->length) {
		const char *lf = memchr(box->at + start, '\n',
		    box->length - start);
		size_t end = lf == NULL ? box->length
		    : (size_t)(lf - box->at) + 1;

		naive->line[naive->count++] = (struct naive_line){
			box->at + start, start, end - start
		};
		start = end;
	}
}

static inline bool
naive_is(const struct naive_line *line, const char *text)
{
	return line->length == strlen(text) &&
	    memcmp(line->at, text, line->length) == 0;
}

static inline bool
naive_is_empty(const struct naive_line *line)
{
	return naive_is(line, "\n") || naive_is(line, "\r\n");
}

/* Its line end counts, even one that is missing at the end of the file. */
static inline bool
naive_is_from(const struct naive_line *line)
{
	bool whole = line->at[line->length - 1] == '\n';

	return line->length + (whole ? 0 : 1) <= MBOX_FROM_MAX &&
	    mbox_from_date(line->at, line->length) != 0;
}

static inline void
naive_trim(const char **at, size_t *length)
{
	while (*length > 0 && strchr(" \t", (*at)[0]) != NULL &&
	    (*at)[0] != '\0') {
		++*at;
		--*length;
	}
	while (*length > 0 && (*at)[*length - 1] != '\0' &&
	    strchr(" \t\r\n", (*at)[*length - 1]) != NULL)
		--*length;
}

static inline bool
naive_word_is(const char *at, size_t length, const char *word)
{
	return length == strlen(word) && strncasecmp(at, word, length) == 0;
}

/* The name and the value of a header, of its first MBOX_FROM_MAX octets. */
static inline bool
naive_header_parts(const struct naive_line *line, const char **name,
    size_t *name_length, const char **value, size_t *value_length)
{
	size_t head = line->length < MBOX_FROM_MAX ? line->length
	    : MBOX_FROM_MAX;
	const char *colon = memchr(line->at, ':', head);

	if (colon == NULL)
		return false;
	*name = line->at;
	*name_length = (size_t)(colon - line->at);
	while (*name_length > 0 && ((*name)[*name_length - 1] == ' ' ||
	    (*name)[*name_length - 1] == '\t'))
		--*name_length;
	*value = colon + 1;
	*value_length = head - (size_t)(colon + 1 - line->at);
	naive_trim(value, value_length);
	return true;
}

static inline void
naive_claim(struct naive_header *header, const char *at, size_t length)
{
	char digits[MBOX_FROM_MAX + 1];

	memcpy(digits, at, length);
	digits[length] = '\0';
	errno = 0;
	header->claim = strtoull(digits, NULL, 10);
	header->claims = length > 0 && errno == 0 &&
	    strspn(digits, "0123456789") == length;
}

static inline enum mbox_header
naive_note_header(struct naive_header *header, const struct naive_line *line)
{
	static const char *const hidden[] = { "Status", "X-Status",
	    "X-Keywords", "X-UID", "Lines", "X-Label", "X-Evolution",
	    "X-Mozilla-Status", "X-Mozilla-Status2", "X-Mozilla-Keys",
	    "X-Length", "X-KMail-EncryptionState", "X-KMail-SignatureState",
	    "X-KMail-MDN-Sent", "X-LibEtPan-UID", "X-RMAIL-ATTRIBUTES",
	    "X-RMAIL-KEYWORDS", "X-Gnus-Newsgroup",
	    "X-Gnus-Article-Number" };
	const char *name, *value;
	size_t length, value_length;

	if (!naive_header_parts(line, &name, &length, &value, &value_length))
		return MBOX_HEADER_OTHER;
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (naive_word_is(name, length, hidden[i]))
			return MBOX_HEADER_HIDDEN;
	if (length > 5 && strncasecmp(name, "X-VM-", 5) == 0)
		return MBOX_HEADER_HIDDEN;
	if (naive_word_is(name, length, "Content-Length")) {
		naive_claim(header, value, value_length);
		return MBOX_HEADER_CONTENT_LENGTH;
	}
	if (naive_word_is(name, length, "Subject")) {
		header->subject |= naive_word_is(value, value_length,
		    "DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA");
		return MBOX_HEADER_SUBJECT;
	}
	if (!naive_word_is(name, length, "X-IMAP") &&
	    !naive_word_is(name, length, "X-IMAPbase"))
		return MBOX_HEADER_OTHER;
	header->x_imap = true;
	return MBOX_HEADER_X_IMAP;
}

static inline void
naive_put(struct seen *seen, const struct naive_line *line,
    enum mbox_header kind, bool starts_header)
{
	seen_text(seen, line->at, line->length,
	    seen_crlf_length(line->at, line->length), kind, starts_header);
}

/* Whether a From_ line holds what no agent writes there. */
static inline bool
naive_is_odd(const struct naive_line *line)
{
	size_t length = line->length;

	if (length > 0 && line->at[length - 1] == '\n')
		length--;
	if (length > 0 && line->at[length - 1] == '\r')
		length--;
	for (size_t i = 0; i < length; i++)
		if (line->at[i] == '\r' || line->at[i] == '\0')
			return true;
	return false;
}

/* Puts the header section of the message at line `i`; the index after it. */
static inline size_t
naive_header_section(const struct naive *naive, size_t i,
    struct naive_header *header, struct seen *seen)
{
	static const char sender[] = "From MAILER-DAEMON ";
	static const char dovecot[] = "From MAILER_DAEMON ";
	enum mbox_header kind = MBOX_HEADER_OTHER;

	*header = (struct naive_header){
		.sender = !naive_is_odd(&naive->line[i]) &&
		    naive->line[i].length > strlen(sender) &&
		    (memcmp(naive->line[i].at, sender, strlen(sender)) == 0 ||
		    memcmp(naive->line[i].at, dovecot, strlen(sender)) == 0),
	};
	if (!naive_is_odd(&naive->line[i]))
		i++;
	for (; i < naive->count; i++) {
		const struct naive_line *line = &naive->line[i];
		bool continues = line->at[0] == ' ' || line->at[0] == '\t';

		if (naive_is_empty(line)) {
			naive_put(seen, line, MBOX_HEADER_NONE, false);
			return i + 1;
		}
		if (!continues)
			kind = naive_note_header(header, line);
		if (!mbox_header_is_hidden(kind))
			naive_put(seen, line, kind, !continues);
	}
	return i;
}

/* The line that a message begins at if Content-Length is to be believed: the
 * number of lines for the end of the file, 0 if it is not believed. */
static inline size_t
naive_believe(const struct naive *naive, const struct naive_header *header,
    size_t body)
{
	const struct box *box = &naive->box;
	size_t at = body < naive->count ? naive->line[body].start
	    : box->length;
	size_t end, next;

	if (!header->claims || header->claim > box->length - at)
		return 0;
	end = next = at + (size_t)header->claim;
	if (end == box->length)
		return naive->count;
	for (int i = 0; i < 2 && next < box->length; i++) {
		end = next;
		if (box->at[next] == '\r' && next + 1 < box->length &&
		    box->at[next + 1] == '\n')
			next++;
		if (box->at[next] == '\n')
			next++;
		else
			next = end;
	}
	if (next == box->length)
		return naive->count;
	for (size_t i = body; i < naive->count; i++)
		if (naive->line[i].start == next)
			return naive_is_from(&naive->line[i]) ? i : 0;
	return 0;
}

/* Whether line `i` is a header of those that delivery puts first. */
static inline bool
naive_is_trace(const struct naive *naive, size_t i)
{
	static const char *const traces[] = { "Return-Path", "Received",
	    "Delivered-To", "Envelope-To", "X-Original-To" };
	struct naive_line line;
	const char *name, *value;
	size_t length, value_length;

	if (i >= naive->count)
		return false;
	line = naive->line[i];
	if (line.length > MBOX_TRACE_MAX)
		line.length = MBOX_TRACE_MAX;
	if (!naive_header_parts(&line, &name, &length, &value, &value_length))
		return false;
	for (size_t n = 0; n < sizeof(traces) / sizeof(traces[0]); n++)
		if (naive_word_is(name, length, traces[n]))
			return true;
	return false;
}

static inline time_t
naive_date(const struct naive_line *line)
{
	uint64_t date = mbox_from_date(line->at, line->length);
	struct tm parts = {
		.tm_year = (int)(date / 10000000000) - 1900,
		.tm_mon = (int)(date / 100000000 % 100) - 1,
		.tm_mday = (int)(date / 1000000 % 100),
		.tm_hour = (int)(date / 10000 % 100),
		.tm_min = (int)(date / 100 % 100),
		.tm_sec = (int)(date % 100),
	};

	return timegm(&parts);
}

/* Where the body ends that begins at `body`, of the message at line `from`. */
static inline size_t
naive_body_end(const struct naive *naive, size_t from, size_t body,
    size_t believed)
{
	for (size_t i = body; i < naive->count; i++) {
		if (i == believed)
			return i;
		if (naive_is_empty(&naive->line[i - 1]) &&
		    naive_is_from(&naive->line[i]) &&
		    (i > believed || (naive_is_trace(naive, i + 1) &&
		    naive_date(&naive->line[i]) + 24 * 60 * 60 >
		    naive_date(&naive->line[from]))))
			return i;
	}
	return naive->count;
}

/* Puts the message at line `i` and returns the line after it. */
static inline size_t
naive_message(const struct naive *naive, size_t i, struct seen *seen)
{
	struct naive_header header;
	bool first = seen->count == 0;
	size_t from = i, body, end, text_end;

	seen_begin(seen, naive->line[i].start);
	body = naive_header_section(naive, i, &header, seen);
	end = naive_body_end(naive, from, body,
	    naive_believe(naive, &header, body));
	text_end = end > body && naive_is_empty(&naive->line[end - 1])
	    ? end - 1 : end;
	for (i = body; i < text_end; i++)
		naive_put(seen, &naive->line[i], MBOX_HEADER_NONE, false);
	if (seen->text_length > seen->message[seen->count].text &&
	    seen->text[seen->text_length - 1] != '\n')
		seen_text(seen, "\n", 1,
		    seen->text[seen->text_length - 1] == '\r' ? 1 : 2,
		    MBOX_HEADER_NONE, false);
	seen_end(seen, end < naive->count ? naive->line[end].start
	    : naive->box.length, first && header.sender && header.subject &&
	    header.x_imap);
	return end;
}

static inline void
naive_read(struct naive *naive, const struct box *box, struct seen *seen)
{
	size_t i = 0;

	naive_split(naive, box);
	seen_clear(seen);
	while (i < naive->count && naive_is_empty(&naive->line[i]))
		i++;
	if (i < naive->count && !naive_is_from(&naive->line[i])) {
		seen->bad = true;
		return;
	}
	while (i < naive->count)
		i = naive_message(naive, i, seen);
}

#endif
