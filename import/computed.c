/* Servers whose ids are an MD5 of what stands in the message. */
#include <stdlib.h>
#include <string.h>

#include "base/count.h"
#include "base/min.h"
#include "import/lines.h"
#include "import/md5.h"
#include "maildrop/uidl.h"

/* --- solid-pop3d: a few lines, by their exact names ---------------------- */

static bool
begins(const struct import_line *line, const char *with)
{
	size_t length = strlen(with);

	return line->length >= length && memcmp(line->at, with, length) == 0;
}

static void
solid_id(void *state, const struct import_message *message, struct strbuf *id)
{
	static const char *const names[] = {
		"Received:", "Date:", "Message-Id:", "Subject:"
	};
	struct import_line line = import_lines(message);
	struct import_md5 md5;

	(void)state;
	import_md5_begin(&md5);
	import_line_next(&line);	/* From_ */
	while (import_line_next(&line))
		for (size_t i = 0; i < COUNT(names); i++)
			if (begins(&line, names[i]))
				import_md5_add(&md5, line.at, line.length);
	import_md5_show(&md5, id);
}

const struct import_source import_solid = {
	.name = "solid",
	.id = solid_id,
};

/* --- tpop3d: the first octets -------------------------------------------- */

static void
tpop3d_id(void *state, const struct import_message *message, struct strbuf *id)
{
	struct import_md5 md5;

	(void)state;
	import_md5_begin(&md5);
	import_md5_add(&md5, message->head, min_size(message->length, 512));
	import_md5_show(&md5, id);
}

const struct import_source import_tpop3d = {
	.name = "tpop3d",
	.id = tpop3d_id,
};

/* --- popa3d: as --uidl=popa3d -------------------------------------------- */

struct popa3d {
	void *state;		/* the scheme's */
};

static bool
popa3d_begin(void *state, const struct import_given *given)
{
	struct popa3d *p = state;

	(void)given;
	p->state = malloc(uidl_popa3d.state_size);
	return p->state != NULL;
}

static void
popa3d_id(void *state, const struct import_message *message, struct strbuf *id)
{
	struct import_line line = import_lines(message);
	struct popa3d *p = state;

	uidl_popa3d.begin(p->state);
	import_line_next(&line);	/* From_ */
	while (import_line_next(&line))
		uidl_popa3d.text(p->state, line.at, line.length,
		    import_line_is_folded(&line) ? UIDL_IN_HEADER
		    : UIDL_AT_HEADER);
	uidl_popa3d.show(id, NULL, uidl_popa3d.end(p->state));
}

static void
popa3d_end(void *state)
{
	struct popa3d *p = state;

	free(p->state);
}

const struct import_source import_popa3d = {
	.name = "popa3d",
	.state_size = sizeof(struct popa3d),
	.begin = popa3d_begin,
	.id = popa3d_id,
	.end = popa3d_end,
};
