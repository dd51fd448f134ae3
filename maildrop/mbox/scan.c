#include "maildrop/mbox/scan.h"

#include <string.h>

#include "base/min.h"
#include "base/text.h"
#include "maildrop/mbox/line.h"
#include "maildrop/mbox/scan_parts.h"

/* c-client (UW IMAP, Alpine) keeps a note to itself as the first message, and
 * so does Dovecot in a mailbox that it has emptied. */
#define INTERNAL_SENDER "From MAILER-DAEMON "
#define INTERNAL_SENDER_DOVECOT "From MAILER_DAEMON "
#define INTERNAL_SUBJECT "DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA"

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
		.any_message = settings->is_continued,
	};
	separator_init(&s->separator, settings->peek, settings->context);
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
	return line_is_whole(line->at, line->length);
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
	size_t part = min_size(s->length - s->position, MBOX_FROM_MAX - have);
	const char *lf;

	if (part == 0)
		return 0;
	lf = memchr(at, '\n', part);
	return lf == NULL ? part : (size_t)(lf - at) + 1;
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

	scan_put_text(s, token, line->at, line->length, bare);
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
	scan_put_text(s, token, at, end - start, bare);
	return true;
}

/* --- where messages begin and end ---------------------------------------- */

/* The message at hand, if there is one, ends at `offset`. */
static void
end_message(struct mbox_scan *s, uint64_t offset)
{
	s->end_due = s->in_message;
	s->due_offset = offset;
	s->end_may_move = s->separator.end_may_move;
	s->bad_content_length = separator_was_misled(&s->separator, offset);
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

static bool
is_internal_sender(const struct head *line)
{
	size_t length = sizeof(INTERNAL_SENDER) - 1;	/* of both */

	return line->length > length &&
	    (memcmp(line->at, INTERNAL_SENDER, length) == 0 ||
	    memcmp(line->at, INTERNAL_SENDER_DOVECOT, length) == 0);
}

/* An odd From_ line is not used up: it is the first of the header, too, for it
 * may hold mail. */
static void
begin_message(struct mbox_scan *s, const struct head *line, uint64_t date)
{
	bool odd = is_odd(line);

	end_message(s, line->offset);
	s->begin_due = true;
	s->in_message = true;
	s->place = MBOX_IN_HEADER;
	s->header = MBOX_HEADER_OTHER;
	s->held = 0;
	s->text_open = false;
	separator_begin(&s->separator, date);
	if (!odd)
		consume(s, line);
	/* end_due still needs the signs of the message before */
	s->next_signs = s->any_message || s->settings.peek == NULL ? 0
	    : SIGN_FIRST;
	if (!odd && is_internal_sender(line))
		s->next_signs |= SIGN_SENDER;
	s->any_message = true;
}

/* --- the three places ---------------------------------------------------- */

/* Empty lines before the first From_ line belong to nobody. */
static bool
at_start(struct mbox_scan *s, const struct head *line,
    struct mbox_token *token)
{
	uint64_t date = line_from_date(line->at, line->length,
	    s->finished);

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
	if (s->header == MBOX_HEADER_CONTENT_LENGTH)
		separator_claim(&s->separator, value.at, value.length);
	if (s->header == MBOX_HEADER_X_IMAP)
		s->signs |= SIGN_X_IMAP;
	if (s->header == MBOX_HEADER_SUBJECT &&
	    text_equal_nocase(value.at, value.length, INTERNAL_SUBJECT))
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
		separator_body(&s->separator, s->offset + s->position);
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

static bool
in_body(struct mbox_scan *s, const struct head *line,
    struct mbox_token *token)
{
	uint64_t date = line_from_date(line->at, line->length,
	    s->finished);

	if (date != 0 && separator_divides(&s->separator, line->offset,
	    line->length, date, s->after_empty)) {
		begin_message(s, line, date);
		return false;
	}
	if (s->held > 0) {
		scan_put_held(s, token);	/* and see this line again */
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

/* One step forward; true if it made a token. */
static bool
step(struct mbox_scan *s, struct mbox_token *token)
{
	struct head line;

	if (s->in_line)
		return put_rest(s, token);
	if (scan_put_many(s, token))
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
		token->end_may_move = s->end_may_move;
		token->depends_on_position = s->bad_content_length ||
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
		scan_put_text(s, token, "\n", 1, !s->text_cr);
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
