/* What the control files say of a mailbox. */
#include <errno.h>
#include <string.h>

#include "base/strbuf.h"
#include "check/process.h"
#include "check/question.h"
#include "maildrop.h"

static void
report_session(struct check *c, const struct control_look *look)
{
	char holder[512];
	struct strbuf text = strbuf_init(holder, sizeof(holder));

	if (!process_describe_holders(&look->device, look->inode, &text))
		strbuf_format(&text, "a process that cannot be seen");
	report_line(&c->report, REPORT_OK, NULL, "a session has the mailbox: "
	    "%s; other logins are refused as in use until it ends", holder);
}

void
check_control(struct check *c)
{
	struct control_look look;

	if (!maildrop_look_at(c->settings->state, c->path, &look)) {
		report_line(&c->report, REPORT_FAIL, "see the line of the "
		    "state directory", "the control files of %s cannot be "
		    "read: %s", c->path, strerror(errno));
		return;
	}
	c->cache = look.cache;
	if (look.is_in_use)
		report_session(c, &look);
	else if (look.is_interrupted)
		report_line(&c->report, REPORT_WARN, PROGRAM " --recover; or "
		    "the user's next login", "an update was interrupted and "
		    "waits to be finished");
	if (look.is_set_aside)
		report_line(&c->report, REPORT_WARN, "keep it until nothing is "
		    "missed, then remove it", "a redo log, which may hold "
		    "mail, is set aside in %s (the file whose name ends with "
		    "%%aside)", c->settings->state);
	if (look.has_imported)
		report_line(&c->report, REPORT_OK, NULL, "unique ids that "
		    "were imported are there for messages that clients know");
	if (!c->report.was_answered)
		report_line(&c->report, REPORT_OK, NULL, look.is_there
		    ? "no session, no interrupted update"
		    : "nobody has logged in yet");
}
