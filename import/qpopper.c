/*
 * qpopper: the X-UIDL that a message has. Those of versions 3 and 4 are written
 * there, and cannot be computed. Where there is none,
 *
 *	qpopper-old		2.5, or with old-style ids: an MD5 of a few
 *				lines
 *	qpopper-readonly	with update-status-headers off: the same in
 *				other digits, with the From_ line again
 */
#include "base/count.h"
#include "import/lines.h"
#include "import/md5.h"

/* Appends the value of the first X-UIDL; false if there is none. */
static bool
add_header(const struct import_message *message, struct strbuf *id)
{
	struct import_line line = import_lines(message);

	import_line_next(&line);	/* From_ */
	while (import_line_next(&line))
		if (import_line_is(&line, "X-UIDL")) {
			struct import_value value = import_line_value(&line);

			while (value.length > 0 &&
			    (value.at[value.length - 1] == ' ' ||
			    value.at[value.length - 1] == '\t'))
				value.length--;
			strbuf_add(id, value.at, value.length);
			return true;
		}
	return false;
}

/* The digest of the From_ line and of lines with these names. */
static void
add_lines(const struct import_message *message, struct import_md5 *md5)
{
	static const char *const names[] = {
		"Received", "Date", "Message-Id", "Subject"
	};
	struct import_line line = import_lines(message);

	if (import_line_next(&line))
		import_md5_add(md5, line.at, line.length);
	while (import_line_next(&line))
		for (size_t i = 0; i < COUNT(names); i++)
			if (import_line_is(&line, names[i]))
				import_md5_add(md5, line.at, line.length);
}

static void
header_id(void *state, const struct import_message *message, struct strbuf *id)
{
	(void)state;
	add_header(message, id);
}

static void
old_id(void *state, const struct import_message *message, struct strbuf *id)
{
	struct import_md5 md5;

	(void)state;
	if (add_header(message, id))
		return;
	import_md5_begin(&md5);
	add_lines(message, &md5);
	import_md5_show(&md5, id);
}

/* Four groups of four octets to five digits of base 80 from '!' on, the least
 * first; '.' would end a list. */
static void
add_digits(const uint8_t digest[MD5_DIGEST_LENGTH], struct strbuf *id)
{
	for (size_t group = 0; group < MD5_DIGEST_LENGTH; group += 4) {
		uint32_t value = 0;

		for (size_t i = group; i < group + 4; i++)
			value = (value << 4) + digest[i];
		for (int i = 0; i < 5; i++, value /= 80) {
			char digit = (char)('!' + value % 80);

			strbuf_add(id, digit == '.' ? "~" : &digit, 1);
		}
	}
}

static void
readonly_id(void *state, const struct import_message *message,
    struct strbuf *id)
{
	struct import_line from = import_lines(message);
	uint8_t digest[MD5_DIGEST_LENGTH];
	struct import_md5 md5;

	(void)state;
	if (add_header(message, id))
		return;
	import_md5_begin(&md5);
	add_lines(message, &md5);
	if (import_line_next(&from))
		import_md5_add(&md5, from.at, from.length);
	import_md5_end(&md5, digest);
	add_digits(digest, id);
}

const struct import_source import_qpopper = {
	.name = "qpopper",
	.id = header_id,
};

const struct import_source import_qpopper_old = {
	.name = "qpopper-old",
	.id = old_id,
};

const struct import_source import_qpopper_readonly = {
	.name = "qpopper-readonly",
	.id = readonly_id,
};
