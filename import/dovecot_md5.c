#include "import/dovecot_md5.h"

#include "base/count.h"
#include "import/lines.h"
#include "import/md5.h"

/* Dovecot handles these itself: they are in no digest. */
static const char *const own[] = {
	"Content-Length", "Status", "X-IMAP", "X-IMAPbase", "X-Keywords",
	"X-Status", "X-UID",
};

static bool
is_one_of(const struct import_line *line, const char *const *names,
    size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (import_line_is(line, names[i]))
			return true;
	return false;
}

/* Of Received the first, of Date and Message-ID those before it, and what
 * delivery agents write. */
static bool
is_taken(const struct import_line *line, bool *received)
{
	static const char *const always[] = {
		"Delivered-To", "X-Delivery-ID"
	};
	static const char *const before_received[] = {
		"Received", "Date", "Message-ID"
	};
	bool is_before = !*received;

	*received |= import_line_is(line, "Received");
	return is_one_of(line, always, COUNT(always)) || (is_before &&
	    is_one_of(line, before_received, COUNT(before_received)));
}

/* The values of headers, whose lines are joined. */
void
dovecot_md5(const struct import_message *message, bool of_all,
    struct strbuf *id)
{
	struct import_line line = import_lines(message);
	bool received = false, taking = false;
	struct import_md5 md5;

	import_md5_begin(&md5);
	import_line_next(&line);	/* From_ */
	while (import_line_next(&line)) {
		struct import_value value = import_line_value(&line);

		if (!import_line_is_folded(&line))
			taking = of_all ? !is_one_of(&line, own, COUNT(own))
			    : is_taken(&line, &received);
		if (taking)
			import_md5_add(&md5, value.at, value.length);
	}
	import_md5_show(&md5, id);
}
