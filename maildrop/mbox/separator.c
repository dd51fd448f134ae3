#include "maildrop/mbox/separator.h"

#include "base/text.h"
#include "maildrop/mbox/header.h"
#include "maildrop/mbox/line.h"

#define NO_LENGTH UINT64_MAX

#define CLOCK_GOES_BACK_MAX ((uint64_t)24 * 60 * 60)	/* seconds */

void
separator_init(struct separator *s, mbox_peek *peek, void *context)
{
	*s = (struct separator){ .peek = peek, .context = context };
	separator_begin(s, 0);
}

void
separator_begin(struct separator *s, uint64_t date)
{
	s->from_date = date;
	s->content_length = NO_LENGTH;
	s->trusted_until = s->peek == NULL ? UINT64_MAX : 0;
	s->expected = UINT64_MAX;
	s->end_may_move = false;
}

void
separator_claim(struct separator *s, const char *value, size_t length)
{
	if (!text_number(value, length, NO_LENGTH - 1, &s->content_length))
		s->content_length = NO_LENGTH;
}

/* The octets of the line ends at `at`, of two at most. */
static size_t
line_ends(const char *at, size_t length)
{
	size_t first = line_end(at, length);

	return first + line_end(at + first, length - first);
}

/*
 * If Content-Length leads to the end of the file, or to a From_ line, before
 * which there may be two line ends (an empty line after this message, or the
 * end of a last line that came without one; an empty line that an agent put
 * before its own): then the message ends there, and nowhere before, but where
 * another message was delivered (separator_divides).
 */
void
separator_body(struct separator *s, uint64_t body)
{
	uint64_t end = body + s->content_length;
	char before, at[4 + MBOX_FROM_MAX + 1];
	size_t length, gap, line;

	if (s->peek == NULL || s->content_length > UINT64_MAX - body)
		return;
	/* of a file that grows, another end may be in sight */
	s->end_may_move = true;
	if (s->peek(s->context, end - 1, &before, 1) == 0)
		return;
	length = s->peek(s->context, end, at, sizeof(at));
	s->end_may_move = length < sizeof(at);
	gap = line_ends(at, length);
	if (length > 0 && gap == 0 && before != '\n')
		return;
	line = line_length(at + gap, length - gap);
	if (length > gap && (line > MBOX_FROM_MAX ||
	    line_from_date(at + gap, line, length < sizeof(at)) == 0))
		return;
	s->end_may_move = length == gap || !line_is_whole(at + gap, line);
	s->trusted_until = end;
	s->expected = end + gap;
}

/* Whether the line at `offset` is a header that agents put first when they
 * deliver. */
static bool
is_trace(const struct separator *s, uint64_t offset)
{
	char at[MBOX_TRACE_MAX];
	size_t size;

	if (s->peek == NULL)
		return false;
	size = s->peek(s->context, offset, at, sizeof(at));
	return mbox_header_is_trace(at, size);
}

/* The seconds of a date (from.h) since some day, in the calendar of today. A
 * year begins in March, so that its odd day comes last. */
static uint64_t
seconds_of(uint64_t date)
{
	uint64_t second = date % 100, minute = date / 100 % 100;
	uint64_t hour = date / 10000 % 100, day = date / 1000000 % 100;
	uint64_t month = date / 100000000 % 100;
	uint64_t year = 400 + date / 10000000000;

	if (month < 3) {
		month += 12;
		year--;
	}
	day += 365 * year + year / 4 - year / 100 + year / 400 +
	    (153 * (month - 3) + 2) / 5;
	return ((day * 24 + hour) * 60 + minute) * 60 + second;
}

/* Whether mail of that date may have been delivered after mail of the other:
 * clocks go back in autumn, and agents have zones of their own. */
static bool
is_later(uint64_t date, uint64_t than)
{
	return seconds_of(date) + CLOCK_GOES_BACK_MAX > seconds_of(than);
}

/* A Content-Length that the sender made up must not hide a message that was
 * delivered later; what a mail quotes was delivered before. Who quotes mail of
 * the same day gets two messages of one, and nobody loses any. */
bool
separator_divides(const struct separator *s, uint64_t offset, size_t length,
    uint64_t date, bool after_empty)
{
	if (offset >= s->trusted_until)
		return after_empty || offset == s->expected;
	return after_empty && is_later(date, s->from_date) &&
	    is_trace(s, offset + length);
}

bool
separator_was_misled(const struct separator *s, uint64_t end)
{
	return s->content_length != NO_LENGTH && s->expected != end;
}
