/* Our own ids: the content digest, and for each further message of equal
 * content its ordinal. */
#include "base/strbuf.h"
#include "maildrop/uidl.h"

static void
content_show(struct strbuf *text, const struct message *message, uint64_t id)
{
	(void)id;
	strbuf_add_hex(text, message->content.high);
	strbuf_add_hex(text, message->content.low);
	if (message->ordinal == 1)
		return;
	strbuf_add(text, "-", 1);
	strbuf_add_number(text, message->ordinal);
}

const struct uidl_scheme uidl_content = {
	.show = content_show,
};
