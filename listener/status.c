#include "listener/status.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/systemd.h"

#define PAUSE_MILLISECONDS 1000

void
status_ready(void)
{
	systemd_notify("READY=1");
}

void
status_ending(void)
{
	systemd_notify("STOPPING=1");
}

void
status_tell(struct listener *l)
{
	char line[sizeof(l->status)];
	bool was_due = l->has_news;

	if (was_due && !deadline_is_past(l->next_status))
		return;
	snprintf(line, sizeof(line), "STATUS=%zu sessions, %zu not logged in, "
	    "%" PRIu64 " served, %" PRIu64 " turned away, %" PRIu64 " dropped",
	    children_in(&l->children, CHILD_LOGGED_IN),
	    children_in(&l->children, CHILD_PREAUTH), l->served,
	    l->turned_away, l->dropped);
	l->has_news = strcmp(line, l->status) != 0;
	if (!l->has_news)
		return;
	if (!was_due) {
		l->next_status = deadline_in(PAUSE_MILLISECONDS);
		return;
	}
	l->has_news = false;
	memcpy(l->status, line, sizeof(line));
	systemd_notify(line);
}
