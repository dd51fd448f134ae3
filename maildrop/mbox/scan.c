#include "maildrop/mbox/scan.h"

#include <string.h>

#include "base/lines.h"
#include "base/text.h"

#define NO_LENGTH UINT64_MAX

/* c-client (UW IMAP, Alpine) keeps a note to itself as the first message. */
#define INTERNAL_SENDER "From MAILER-DAEMON "
#define INTERNAL_SUBJECT "DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA"
enum internal_sign {
	SIGN_FIRST = 1,
	SIGN_SENDER = 2,
	SIGN_SUBJECT = 4,
	SIGN_X_IMAP = 8,
	SIGNS_ALL = 15,
};

/* A line, or its first MBOX_FROM_MAX octets, and where it stands. */
struct head {
	const char *at;
	size_t length;
	uint64_t offset;
	bool in_piece;		/* else in scan->head */
};

void
mbox_scan_init(struct mbox_scan *s, const struct mbox_scan_settings *settings)
{
	*s = (struct mbox_scan){
		.settings = *settings,
		.offset = settings->offset,
		.content_length = NO_LENGTH,
		.sealed = settings->peek == NULL ? UINT64_MAX : 0,
		.expected = UINT64_MAX,
		.any_message = settings->is_continued,
	};
}

void
mbox_scan_feed(struct mbox_scan *s, const char *piece, size_t length)
{
	s->offset += s->length;
	s->data = piece;
	s->length = length;
	s->position = 0;
	s->held_in_piece = false;
	s->limit = 0;
}

void
mbox_scan_finish(struct mbox_scan *s)
{
	mbox_scan_feed(s, "", 0);
	s->finished = true;
}

/* --- lines --------------------------------------------------------------- */

static bool
is_whole(const struct head *line)
{
	return line->length > 0 && line->at[line->length - 1] == '\n';
}

/* The octets of a line end at `at`: 1, 2 or, if it is none, 0. */
static size_t
line_end(const char *at, size_t length)
{
	if (length >= 1 && at[0] == '\n')
		return 1;
	if (length >= 2 && at[0] == '\r' && at[1] == '\n')
		return 2;
	return 0;
}

static bool
is_empty(const struct head *line)
{
	return line_end(line->at, line->length) == line->length &&
	    line->length > 0;
}

/* How much of the piece belongs to a head that has `have` octets already. */
static size_t
head_part(const struct mbox_scan *s, size_t have)
{
	const char *at = s->data + s->position;
	size_t part = s->length - s->position;
	const char *lf;

	if (part > MBOX_FROM_MAX - have)
		part = MBOX_FROM_MAX - have;
	if (part == 0)
		return 0;
	lf = memchr(at, '\n', part);
	return lf == NULL ? part : (size_t)(lf - at) + 1;
}

/* The date of the line if it begins a message, else 0. It may lack its LF at
 * the end of the file, but must not be so long that there could be more. */
static uint64_t
from_date(const struct head *line, bool is_last)
{
	return is_whole(line) || (is_last && line->length < MBOX_FROM_MAX)
	    ? mbox_from_date(line->at, line->length) : 0;
}

/* Sets *line to the line at hand. False if more of it must be fed first. */
static bool
look(struct mbox_scan *s, struct head *line)
{
	size_t part = 0;

	if (s->head_length == 0) {
		*line = (struct head){
			.at = s->data + s->position,
			.length = head_part(s, 0),
			.offset = s->offset + s->position,
			.in_piece = true,
		};
		if (is_whole(line) || line->length == MBOX_FROM_MAX)
			return true;
		s->head_offset = line->offset;
	}
	*line = (struct head){ s->head, s->head_length, s->head_offset, false };
	if (!is_whole(line))
		part = head_part(s, s->head_length);
	if (part > 0)
		memcpy(s->head + s->head_length, s->data + s->position, part);
	s->head_length += part;
	s->position += part;
	line->length = s->head_length;
	return is_whole(line) || line->length == MBOX_FROM_MAX || s->finished;
}

/* The line that look has set was dealt with. */
static void
consume(struct mbox_scan *s, const struct head *line)
{
	if (line->in_piece)
		s->position += line->length;
	else
		s->head_length = 0;
	s->in_line = !is_whole(line);
}

/* --- text ---------------------------------------------------------------- */

static void
put_text(struct mbox_scan *s, struct mbox_token *token, const char *data,
    size_t length, size_t bare_lf)
{
	token->event = MBOX_TEXT;
	token->data = data;
	token->length = length;
	token->bare_lf = bare_lf;
	token->header = s->place == MBOX_IN_HEADER ? s->header
	    : MBOX_HEADER_NONE;
	s->text_open = data[length - 1] != '\n';
	s->text_cr = data[length - 1] == '\r';
}

/* The empty line held back is text after all. */
static void
put_held(struct mbox_scan *s, struct mbox_token *token)
{
	put_text(s, token, &"\r\n"[2 - s->held], s->held, s->held == 1);
	s->held = 0;
}

/* Whether the LF at data[at] has no CR before it. */
static bool
is_bare(const struct mbox_scan *s, size_t start, size_t at)
{
	return at > start ? s->data[at - 1] != '\r' : !s->text_cr;
}

static bool
put_head(struct mbox_scan *s, const struct head *line,
    struct mbox_token *token)
{
	bool bare = is_whole(line) &&
	    (line->length < 2 || line->at[line->length - 2] != '\r');

	put_text(s, token, line->at, line->length, bare);
	consume(s, line);
	return true;
}

/* The rest of a line whose head was too long to look at as a whole. */
static bool
put_rest(struct mbox_scan *s, struct mbox_token *token)
{
	const char *at = s->data + s->position;
	const char *lf = memchr(at, '\n', s->length - s->position);
	size_t end = lf == NULL ? s->length : (size_t)(lf - s->data) + 1;
	size_t start = s->position;
	bool bare = lf != NULL && is_bare(s, start, end - 1);

	s->in_line = lf == NULL;
	s->position = end;
	if (s->place == MBOX_IN_HEADER && mbox_header_is_hidden(s->header))
		return false;
	put_text(s, token, at, end - start, bare);
	return true;
}

/* --- where messages begin and end ---------------------------------------- */

/* The message at hand, if there is one, ends at `offset`. */
static void
end_message(struct mbox_scan *s, uint64_t offset)
{
	s->end_due = s->in_message;
	s->due_offset = offset;
	s->was_undecided = s->is_undecided;
	s->was_misled = s->content_length != NO_LENGTH &&
	    s->expected != offset;
}

/* Whether a From_ line holds what no agent writes there: a NUL, or a CR that
 * ends no line, in a mailbox from an old Macintosh for one. */
static bool
is_odd(const struct head *line)
{
	size_t length = line->length;

	if (is_whole(line))
		length--;
	if (length > 0 && line->at[length - 1] == '\r')
		length--;
	return memchr(line->at, '\r', length) != NULL ||
	    memchr(line->at, '\0', length) != NULL;
}

/* An odd From_ line is not used up: it is the first of the header, too, for it
 * may hold mail. */
static void
begin_message(struct mbox_scan *s, const struct head *line, uint64_t date)
{
	size_t sender = sizeof(INTERNAL_SENDER) - 1;
	bool odd = is_odd(line);

	end_message(s, line->offset);
	s->begin_due = true;
	s->in_message = true;
	s->place = MBOX_IN_HEADER;
	s->header = MBOX_HEADER_OTHER;
	s->held = 0;
	s->text_open = false;
	s->from_date = date;
	s->content_length = NO_LENGTH;
	s->expected = UINT64_MAX;
	s->sealed = s->settings.peek == NULL ? UINT64_MAX : 0;
	s->is_undecided = false;
	if (!odd)
		consume(s, line);
	/* end_due still needs the signs of the message before */
	s->next_signs = s->any_message || s->settings.peek == NULL ? 0
	    : SIGN_FIRST;
	if (!odd && line->length > sender &&
	    memcmp(line->at, INTERNAL_SENDER, sender) == 0)
		s->next_signs |= SIGN_SENDER;
	s->any_message = true;
}

/* The length of the line at `at` with its LF, if it has one. */
static size_t
line_length(const char *at, size_t length)
{
	const char *lf = memchr(at, '\n', length);

	return lf == NULL ? length : (size_t)(lf - at) + 1;
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
 * another message was delivered (may_separate).
 */
static void
seal(struct mbox_scan *s, uint64_t body)
{
	uint64_t end = body + s->content_length;
	char before, at[4 + MBOX_FROM_MAX + 1];
	size_t length, gap;
	struct head line;

	if (s->settings.peek == NULL || s->content_length > UINT64_MAX - body)
		return;
	/* of a file that grows, another end may be in sight */
	s->is_undecided = true;
	if (s->settings.peek(s->settings.context, end - 1, &before, 1) == 0)
		return;
	length = s->settings.peek(s->settings.context, end, at, sizeof(at));
	s->is_undecided = length < sizeof(at);
	gap = line_ends(at, length);
	if (length > 0 && gap == 0 && before != '\n')
		return;
	line = (struct head){
		.at = at + gap, .length = line_length(at + gap, length - gap)
	};
	if (length > gap && (line.length > MBOX_FROM_MAX ||
	    from_date(&line, length < sizeof(at)) == 0))
		return;
	s->is_undecided = length == gap || !is_whole(&line);
	s->sealed = end;
	s->expected = end + gap;
}

/* --- the three places ---------------------------------------------------- */

/* Empty lines before the first From_ line belong to nobody. */
static bool
at_start(struct mbox_scan *s, const struct head *line,
    struct mbox_token *token)
{
	uint64_t date = from_date(line, s->finished);

	if (is_empty(line)) {
		consume(s, line);
	} else if (date != 0) {
		begin_message(s, line, date);
	} else {
		s->bad = true;
		token->event = MBOX_BAD;
		return true;
	}
	return false;
}

/* What stands after the colon, without blanks around it. */
static struct head
value_of(const struct head *line)
{
	const char *end = line->at + line->length;
	const char *at = memchr(line->at, ':', line->length);

	at = at == NULL ? end : at + 1;
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	while (at < end && (end[-1] == '\n' || end[-1] == '\r' ||
	    end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return (struct head){ .at = at, .length = (size_t)(end - at) };
}

static void
note_header(struct mbox_scan *s, const struct head *line)
{
	struct head value = value_of(line);

	s->header = mbox_header_of(line->at, line->length);
	if (s->header == MBOX_HEADER_CONTENT_LENGTH &&
	    !text_number(value.at, value.length, NO_LENGTH - 1,
	    &s->content_length))
		s->content_length = NO_LENGTH;
	if (s->header == MBOX_HEADER_X_IMAP)
		s->signs |= SIGN_X_IMAP;
	if (s->header == MBOX_HEADER_SUBJECT &&
	    text_is(value.at, value.length, INTERNAL_SUBJECT))
		s->signs |= SIGN_SUBJECT;
}

static bool
in_header(struct mbox_scan *s, const struct head *line,
    struct mbox_token *token)
{
	if (is_empty(line)) {
		s->header = MBOX_HEADER_NONE;
		put_head(s, line, token);
		s->place = MBOX_IN_BODY;
		s->after_empty = true;
		seal(s, s->offset + s->position);
		return true;
	}
	token->starts_header = line->at[0] != ' ' && line->at[0] != '\t';
	if (token->starts_header)
		note_header(s, line);
	if (!mbox_header_is_hidden(s->header))
		return put_head(s, line, token);
	consume(s, line);
	return false;
}

/* Whether the line at `offset` is a header that agents put first when they
 * deliver. */
static bool
is_trace(const struct mbox_scan *s, uint64_t offset)
{
	char at[MBOX_TRACE_MAX];
	size_t size;

	if (s->settings.peek == NULL)
		return false;
	size = s->settings.peek(s->settings.context, offset, at, sizeof(at));
	return mbox_header_is_trace(at, size);
}

/*
 * Whether a message begins at this From_ line of that date. A Content-Length
 * that the sender made up must not hide a message that was delivered later;
 * what a mail quotes was delivered before.
 */
static bool
may_separate(const struct mbox_scan *s, const struct head *line,
    uint64_t date)
{
	if (line->offset >= s->sealed)
		return s->after_empty || line->offset == s->expected;
	return s->after_empty && date >= s->from_date &&
	    is_trace(s, line->offset + line->length);
}

static bool
in_body(struct mbox_scan *s, const struct head *line,
    struct mbox_token *token)
{
	uint64_t date = from_date(line, s->finished);

	if (date != 0 && may_separate(s, line, date)) {
		begin_message(s, line, date);
		return false;
	}
	if (s->held > 0) {
		put_held(s, token);	/* and look at this line again */
		return true;
	}
	s->after_empty = is_empty(line);
	if (!s->after_empty)
		return put_head(s, line, token);
	s->held = line->length;
	s->held_in_piece = line->in_piece;
	consume(s, line);
	return false;
}

/* --- many lines at once -------------------------------------------------- */

/* What the lines of a header section begin with that may want a look: the empty
 * one and the names of mbox_header.c, but for trace headers. */
static const bool wants_look[256] = {
	['\n'] = true, ['\r'] = true, ['C'] = true, ['c'] = true,
	['L'] = true, ['l'] = true, ['S'] = true, ['s'] = true,
	['X'] = true, ['x'] = true,
};

/* The line before `end` begins here, if it is not before `at`. */
static size_t
line_before(const struct mbox_scan *s, size_t at, size_t end)
{
	const char *lf = end <= at + 1 ? NULL
	    : memrchr(s->data + at, '\n', end - 1 - at);

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
	size_t at = s->position, limit = s->length;

	if (s->expected > s->offset + at && s->expected < s->offset + limit)
		limit = (size_t)(s->expected - s->offset);
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
	put_text(s, token, s->data + start, end - start, bare);
	return true;
}

/* Lines of the body, up to one that wants a look; false if that is the next. */
static bool
put_body(struct mbox_scan *s, struct mbox_token *token)
{
	const char *at = s->data + s->position;
	size_t length, plain, empty, bare = 0;

	if ((at[0] == 'F' && s->after_empty) ||
	    s->offset + s->position == s->expected)
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
		put_held(s, token);
		return true;
	}
	return put_lines(s, token, s->position + plain, bare);
}

/* The octets of a line that begins like one that wants a look, if it turns out
 * to want none: all of it is here, and its header means nothing. Else 0. */
static size_t
plain_line(const char *at, size_t length)
{
	size_t line = line_length(at, length);
	size_t head = line < MBOX_FROM_MAX ? line : MBOX_FROM_MAX;

	if (at[line - 1] != '\n' || line_end(at, line) == line ||
	    mbox_header_of(at, head) != MBOX_HEADER_OTHER)
		return 0;
	return line;
}

/* The octets of lines of a header section before one that wants a look. */
static size_t
plain_lines(const char *at, size_t length, size_t *bare)
{
	size_t plain = 0, line = 0;

	do {
		plain += lines_until_start(at + plain, length - plain,
		    wants_look, bare);
		line = plain == length ? 0
		    : plain_line(at + plain, length - plain);
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
	plain = plain_lines(at, s->length - s->position, &bare);
	if (plain == 0)
		return false;
	s->header = MBOX_HEADER_OTHER;
	return put_lines(s, token, s->position + plain, bare);
}

/* What needs no look at each line; false if the next one does. */
static bool
put_many(struct mbox_scan *s, struct mbox_token *token)
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

/* One step forward; true if it made a token. */
static bool
step(struct mbox_scan *s, struct mbox_token *token)
{
	struct head line;

	if (s->in_line)
		return put_rest(s, token);
	if (put_many(s, token))
		return true;
	if (!look(s, &line))
		return false;
	switch (s->place) {
	case MBOX_AT_START:
		return at_start(s, &line, token);
	case MBOX_IN_HEADER:
		return in_header(s, &line, token);
	case MBOX_IN_BODY:
		break;
	}
	return in_body(s, &line, token);
}

/* What a From_ line, or the end of the file, has decided. */
static bool
put_due(struct mbox_scan *s, struct mbox_token *token)
{
	token->offset = s->due_offset;
	if (s->end_due) {
		s->end_due = false;
		token->event = MBOX_END;
		token->is_internal = s->signs == SIGNS_ALL;
		token->is_undecided = s->was_undecided;
		token->is_of_its_place = s->was_misled ||
		    s->signs == (SIGNS_ALL & ~SIGN_FIRST);
		return true;
	}
	if (s->begin_due) {
		s->begin_due = false;
		token->event = MBOX_BEGIN;
		s->signs = s->next_signs;
		return true;
	}
	return false;
}

/* The end of the file. */
static void
put_end(struct mbox_scan *s, struct mbox_token *token)
{
	if (s->text_open) {
		s->header = MBOX_HEADER_NONE;	/* it is of no header's line */
		put_text(s, token, "\n", 1, !s->text_cr);
		return;
	}
	end_message(s, s->offset);
	s->in_message = false;
	if (!put_due(s, token))
		token->event = MBOX_DONE;
}

void
mbox_scan_next(struct mbox_scan *s, struct mbox_token *token)
{
	*token = (struct mbox_token){ .event = MBOX_MORE };
	if (s->bad) {
		token->event = MBOX_BAD;
		return;
	}
	if (put_due(s, token))
		return;
	while (s->position < s->length ||
	    (s->finished && s->head_length > 0))
		if (step(s, token) || put_due(s, token))
			return;
	if (s->finished)
		put_end(s, token);
}
