/* Many lines at once, as far as none of them wants a look. */
#include <string.h>

#include "base/lines.h"
#include "base/min.h"
#include "maildrop/mbox/line.h"
#include "maildrop/mbox/scan_parts.h"

/* What the lines of a header section begin with that may want a look: the empty
 * one and the names of header.c, but for trace headers. */
static const bool wants_look[256] = {
	['\n'] = true, ['\r'] = true, ['C'] = true, ['c'] = true,
	['L'] = true, ['l'] = true, ['S'] = true, ['s'] = true,
	['X'] = true, ['x'] = true,
};

/* The line before `end` begins here, if it is not before `at`. */
static size_t
line_before(const struct mbox_scan *s, size_t at, size_t end)
{
	size_t before = end > at ? end - at - 1 : 0;
	const char *lf = memrchr(s->data + at, '\n', before);

	return lf == NULL ? at : (size_t)(lf - s->data) + 1;
}

/*
 * How far there is text of the body, but for From_ lines after an empty line.
 * At the end of the piece wait: an empty line, which can be the mailbox's; and
 * what can become one, or a From_ line.
 */
static size_t
body_end(const struct mbox_scan *s, size_t at, size_t end)
{
	size_t last = line_before(s, at, end);

	if (s->data[end - 1] != '\n' &&
	    (s->data[last] == '\r' || s->data[last] == 'F'))
		end = last;
	last = line_before(s, at, end);
	return line_end(s->data + last, end - last) == end - last ? last : end;
}

/* The octets up to there. It is looked for once, not again after each line that
 * might have been a From_ line: the last line of a piece can be long. */
static size_t
body_length(struct mbox_scan *s)
{
	uint64_t expected = s->separator.expected;
	size_t at = s->position, limit = s->length;

	if (expected > s->offset + at && expected < s->offset + limit)
		limit = (size_t)(expected - s->offset);
	if (s->limit != limit) {
		s->limit = limit;
		s->plain_end = body_end(s, at, limit);
	}
	/* what waits has been taken up meanwhile */
	return s->plain_end > at ? s->plain_end - at : 0;
}

/* Text up to `end`, from the held line on; `bare` LFs after that have no CR. */
static bool
put_lines(struct mbox_scan *s, struct mbox_token *token, size_t end,
    size_t bare)
{
	size_t start = s->position - s->held;

	bare += s->held == 1;
	s->held = 0;
	s->position = end;
	s->in_line = s->data[end - 1] != '\n';
	s->after_empty = false;
	scan_put_text(s, token, s->data + start, end - start, bare);
	return true;
}

/* Lines of the body, up to one that wants a look; false if that is the next. */
static bool
put_body(struct mbox_scan *s, struct mbox_token *token)
{
	const char *at = s->data + s->position;
	size_t length, plain, empty, bare = 0;

	if ((at[0] == 'F' && s->after_empty) ||
	    s->offset + s->position == s->separator.expected)
		return false;
	length = body_length(s);
	plain = lines_until_after_empty(at, length, 'F', &bare);
	if (plain < length) {	/* the empty line before it is held back */
		empty = plain >= 2 && at[plain - 2] == '\r' ? 2 : 1;
		plain -= empty;
		bare -= empty == 1;
	}
	if (plain == 0)
		return false;
	if (s->held > 0 && !s->held_in_piece) {
		scan_put_held(s, token);
		return true;
	}
	return put_lines(s, token, s->position + plain, bare);
}

/* The octets of a line that begins like one that wants a look, if it turns out
 * to want none: all of it is here, and its header means nothing, as a Subject
 * does in mail. Else 0. */
static size_t
plain_line(const struct mbox_scan *s, const char *at, size_t length)
{
	enum mbox_header header;
	size_t line = line_length(at, length);
	size_t head = min_size(line, MBOX_FROM_MAX);

	if (at[line - 1] != '\n' || line_end(at, line) == line)
		return 0;
	header = mbox_header_of(at, head);
	return header == MBOX_HEADER_OTHER || (header == MBOX_HEADER_SUBJECT &&
	    !scan_may_be_note(s)) ? line : 0;
}

/* The octets of lines of a header section before one that wants a look. */
static size_t
plain_lines(const struct mbox_scan *s, const char *at, size_t length,
    size_t *bare)
{
	size_t plain = 0, line = 0;

	do {
		plain += lines_until_start(at + plain, length - plain,
		    wants_look, bare);
		line = plain == length ? 0
		    : plain_line(s, at + plain, length - plain);
		plain += line;
		*bare += line > 0 && (line == 1 || at[plain - 2] != '\r');
	} while (line > 0);
	return plain;
}

/* Headers that are the message's own, in the same way. */
static bool
put_headers(struct mbox_scan *s, struct mbox_token *token)
{
	const char *at = s->data + s->position;
	size_t plain, bare = 0;

	if (s->settings.by_header || ((at[0] == ' ' || at[0] == '\t') &&
	    mbox_header_is_hidden(s->header)))
		return false;
	plain = plain_lines(s, at, s->length - s->position, &bare);
	if (plain == 0)
		return false;
	s->header = MBOX_HEADER_OTHER;
	return put_lines(s, token, s->position + plain, bare);
}

bool
scan_put_many(struct mbox_scan *s, struct mbox_token *token)
{
	if (s->head_length > 0 || s->position == s->length)
		return false;
	switch (s->place) {
	case MBOX_IN_HEADER:
		return put_headers(s, token);
	case MBOX_IN_BODY:
		return put_body(s, token);
	case MBOX_AT_START:
		break;
	}
	return false;
}
