#include <unistd.h>

#include "check/question.h"
#include "maildrop.h"

static void
report_waiting(void *context, const char *path, bool is_set_aside)
{
	struct check *c = context;
	struct control_look look;

	if (is_set_aside) {
		report_line(&c->report, REPORT_WARN, "keep it until nothing is "
		    "missed, then remove it", "an update of %s could not be "
		    "finished: its redo log, which may hold mail, is set aside "
		    "in %s (the file whose name ends with %%aside)", path,
		    c->settings->state);
		return;
	}
	if (!maildrop_look_at(c->settings->state, path, &look))
		return;
	if (look.cache != -1)
		close(look.cache);
	if (!look.is_in_use)
		report_line(&c->report, REPORT_WARN, PROGRAM " --recover; or "
		    "the user's next login", "an update of %s was interrupted "
		    "and waits to be finished", path);
}

void
check_updates(struct check *c)
{
	const char *state = c->settings->state;

	if (access(state, F_OK) == 0 && access(state, R_OK) == -1)
		report_line(&c->report, REPORT_FAIL, "see the line of the "
		    "state directory", "%s cannot be read", state);
	else if (access(state, F_OK) == 0)
		maildrop_each_waiting(state, report_waiting, c);
	if (!c->report.was_answered)
		report_line(&c->report, REPORT_OK, NULL, "none was "
		    "interrupted");
}
