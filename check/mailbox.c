#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/question.h"
#include "maildrop.h"

static const char *const index_words[] = {
	[VIEW_INDEX_NONE] = "no index",
	[VIEW_INDEX_OLD] = "its index is of an earlier moment",
	[VIEW_INDEX_HOLDS] = "its index holds",
	[VIEW_INDEX_WRONG] = "its index is wrong",
};

static void
report_view(struct check *c, const struct store_view *view)
{
	if (!view->is_there)
		report_line(&c->report, REPORT_OK, NULL, "%s is not there: no "
		    "mail has come yet", c->path);
	else
		report_line(&c->report, view->index == VIEW_INDEX_WRONG
		    ? REPORT_FAIL : REPORT_OK, view->index == VIEW_INDEX_WRONG
		    ? "report that (SECURITY.md); touch the mailbox" : NULL,
		    "%s, an mbox of its user, mode %03o: %zu messages, %"
		    PRIu64 " octets; %s", c->path, view->mode, view->messages,
		    view->octets, index_words[view->index]);
}

/* Whether the account may make files beside it, as a dotlock is one. */
static void
check_directory(struct check *c)
{
	char *directory = strdup(c->path);

	if (directory == NULL)
		return;
	*strrchr(directory, '/') = '\0';
	if (faccessat(AT_FDCWD, directory[0] != '\0' ? directory : "/",
	    W_OK | X_OK, AT_EACCESS) == -1)
		report_line(&c->report, REPORT_WARN, "make the service user a "
		    "member of the group of that directory, and chmod g+w it",
		    "%s lets no dotlock be made beside %s: programs that lock "
		    "in no other way are not kept out", directory, c->path);
	free(directory);
}

/* What is wrong with it is in the log's line. */
void
check_mailbox(struct check *c)
{
	struct store_view view;

	c->report.cure = "it must be an mbox in a plain file of its user, of "
	    "mode 600 or 660 and without a second link: see ls -l and head";
	switch (maildrop_view(c->path, c->account.uid, c->settings->uidl,
	    c->cache, &view)) {
	case MAILDROP_OK:
		report_view(c, &view);
		check_directory(c);
		break;
	case MAILDROP_CHANGED:
		report_line(&c->report, REPORT_OK, NULL, "%s is just being "
		    "written to", c->path);
		break;
	case MAILDROP_IN_USE:
	case MAILDROP_DAMAGED:
	case MAILDROP_TEMPORARY:
	case MAILDROP_FULL:
		break;
	}
}
