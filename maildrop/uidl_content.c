/* Our own ids: the content digest, and for each further message of equal
 * content its ordinal. */
#include "maildrop/uidl.h"

static void
content_show(struct text *text, const struct message *message, uint64_t id)
{
	(void)id;
	text_add_hexadecimal(text, message->content.high);
	text_add_hexadecimal(text, message->content.low);
	if (message->ordinal == 1)
		return;
	text_add(text, "-", 1);
	text_add_number(text, message->ordinal);
}

const struct uidl_scheme uidl_content = {
	.name = "content",
	.show = content_show,
};
