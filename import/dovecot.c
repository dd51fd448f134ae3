/*
 * Dovecot and UW, which write into the mailbox what their ids are made of: the
 * validity and the last uid in X-IMAP or X-IMAPbase of the first message, a uid
 * in X-UID of each.
 *
 * A server gives all messages new uids from the first one on whose uid it does
 * not believe, and writes them: so what stands there is what it last said, as
 * far as it can be believed. What came later may be forged.
 */
#include <string.h>

#include "base/text.h"
#include "import/dovecot_md5.h"
#include "import/lines.h"

#define FORMAT "%08Xu%08Xv"
#define FORMAT_UW "%08Xv%08Xu"

/* Of digits: more than a number has. */
#define WIDTH_MAX 20

struct dovecot {
	const char *format;
	bool above_last;	/* uids above the last are believed */
	bool md5_of_all;
	bool any;		/* a message was seen */
	uint64_t validity;	/* 0: not known */
	uint64_t last;		/* the highest uid that was given */
	uint64_t before;	/* of the message before */
};

/* --- formats ------------------------------------------------------------- */

/* A directive: %, 0 and a width, X for hexadecimal digits (which Dovecot writes
 * in lower case), a letter. */
struct directive {
	int width;
	bool is_hex;
	char letter;
};

/* Takes what follows a '%'. False if Dovecot or we know no such thing. */
static bool
take_directive(const char **format, struct directive *directive)
{
	const char *at = *format;

	*directive = (struct directive){ 0 };
	if (*at == '0') {
		for (at++; *at >= '0' && *at <= '9'; at++)
			if ((directive->width = directive->width * 10 +
			    *at - '0') > WIDTH_MAX)
				return false;
		if (directive->width == 0)
			return false;
	}
	directive->is_hex = *at == 'X';
	at += directive->is_hex;
	directive->letter = *at;
	*format = at + 1;
	if (*at == '\0' || strchr("uvmg%", *at) == NULL)
		return false;
	return *at == 'u' || *at == 'v' || (directive->width == 0 &&
	    !directive->is_hex);
}

static bool
is_format(const char *format)
{
	struct directive directive;

	if (!text_is_graphic(format, strlen(format)) || format[0] == '\0')
		return false;
	while ((format = strchr(format, '%')) != NULL) {
		format++;
		if (!take_directive(&format, &directive))
			return false;
	}
	return true;
}

static void
add_number(struct strbuf *id, const struct directive *directive,
    uint64_t number)
{
	if (directive->is_hex)
		strbuf_format(id, "%0*llx", directive->width,
		    (unsigned long long)number);
	else
		strbuf_format(id, "%0*llu", directive->width,
		    (unsigned long long)number);
}

/* Appends the id of a message of that uid, 0 if it has none that could be
 * believed. False if one is wanted. */
static bool
add_id(const struct dovecot *d, const struct import_message *message,
    uint64_t uid, struct strbuf *id)
{
	struct directive directive;
	const char *at = d->format;

	while (*at != '\0') {
		size_t plain = strcspn(at, "%");

		strbuf_add(id, at, plain);
		at += plain;
		if (*at == '\0')
			break;
		at++;
		take_directive(&at, &directive);
		if (directive.letter == '%')
			strbuf_add(id, "%", 1);
		else if (directive.letter == 'm' || directive.letter == 'g')
			dovecot_md5(message, d->md5_of_all, id);
		else if (uid == 0)
			return false;
		else
			add_number(id, &directive, directive.letter == 'u'
			    ? uid : d->validity);
	}
	return true;
}

/* --- headers ------------------------------------------------------------- */

static size_t
digits(struct import_value value)
{
	size_t length = 0;

	while (length < value.length && value.at[length] >= '0' &&
	    value.at[length] <= '9')
		length++;
	return length;
}

static bool
is_blank(char octet)
{
	return octet == ' ' || octet == '\t';
}

/* Takes a number, and the blanks behind it, off the value. */
static bool
take_number(struct import_value *value, uint64_t *number)
{
	size_t length = digits(*value);

	if (!text_number(value->at, length, UINT32_MAX, number))
		return false;
	value->at += length;
	value->length -= length;
	if (value->length > 0 && !is_blank(value->at[0]))
		return false;
	while (value->length > 0 && is_blank(value->at[0])) {
		value->at++;
		value->length--;
	}
	return true;
}

/* "VALIDITY LAST KEYWORD..." */
static void
take_base(struct dovecot *d, struct import_value value)
{
	uint64_t validity, last;

	if (d->validity != 0 || !take_number(&value, &validity) ||
	    !take_number(&value, &last))
		return;
	d->validity = validity;
	d->last = last;
}

/* The uid if it can be believed, or 0. */
static uint64_t
believe(struct dovecot *d, struct import_value value)
{
	uint64_t uid;

	if (d->validity == 0 || !take_number(&value, &uid) ||
	    value.length > 0 || uid <= d->before ||
	    (uid > d->last + 1 && !d->above_last))
		return 0;
	if (uid > d->last)
		d->last = uid;
	d->before = uid;
	return uid;
}

static bool
is_base(const struct import_line *line)
{
	return import_line_is(line, "X-IMAPbase") ||
	    import_line_is(line, "X-IMAP");
}

/* The uid of a message. The base counts in the first message, before its
 * X-UID, and of these the first. */
static uint64_t
find_uid(struct dovecot *d, const struct import_message *message)
{
	struct import_line line = import_lines(message);
	bool is_first = !d->any;

	d->any = true;
	import_line_next(&line);	/* From_ */
	while (import_line_next(&line)) {
		if (is_first && is_base(&line))
			take_base(d, import_line_value(&line));
		else if (import_line_is(&line, "X-UID"))
			return believe(d, import_line_value(&line));
	}
	return 0;
}

/* --- the sources --------------------------------------------------------- */

static bool
begin(struct dovecot *d, const struct import_given *given, const char *format)
{
	d->format = given->argument != NULL ? given->argument : format;
	return true;
}

static bool
dovecot_begin(void *state, const struct import_given *given)
{
	return begin(state, given, FORMAT);
}

static bool
md5_all_begin(void *state, const struct import_given *given)
{
	struct dovecot *d = state;

	d->md5_of_all = true;
	return begin(d, given, "%m");
}

/* UW's own programs append mail with uids that the first message does not know
 * of yet. */
static bool
uw_begin(void *state, const struct import_given *given)
{
	struct dovecot *d = state;

	d->above_last = true;
	return begin(d, given, FORMAT_UW);
}

/* A note of c-client, or of Dovecot, to itself counts as the first message. */
static void
dovecot_note(void *state, const struct import_message *message)
{
	const char *at = memmem(message->head, message->length, "From ", 5);
	struct import_message note = *message;

	if (at == NULL)
		return;
	note.length -= (size_t)(at - note.head);
	note.head = at;
	find_uid(state, &note);
}

static void
dovecot_id(void *state, const struct import_message *message,
    struct strbuf *id)
{
	struct dovecot *d = state;

	if (!add_id(d, message, find_uid(d, message), id)) {
		id->length = 0;
		id->at[0] = '\0';
	}
}

const struct import_source import_dovecot = {
	.name = "dovecot",
	.state_size = sizeof(struct dovecot),
	.is_argument = is_format,
	.begin = dovecot_begin,
	.note = dovecot_note,
	.id = dovecot_id,
};

const struct import_source import_dovecot_md5_all = {
	.name = "dovecot-md5-all",
	.state_size = sizeof(struct dovecot),
	.begin = md5_all_begin,
	.note = dovecot_note,
	.id = dovecot_id,
};

const struct import_source import_uw = {
	.name = "uw",
	.state_size = sizeof(struct dovecot),
	.begin = uw_begin,
	.note = dovecot_note,
	.id = dovecot_id,
};
