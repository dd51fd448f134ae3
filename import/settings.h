/* What an import or an export is told. */
#ifndef IMPORT_SETTINGS_H
#define IMPORT_SETTINGS_H

#include <stdbool.h>

/* What an export begins with: a directory of files that the source "file"
 * takes; one of copies of mailboxes with X-UIDL headers. */
#define EXPORT_FILE "file:"
#define EXPORT_X_UIDL "x-uidl:"

struct import_settings {
	const char *source;	/* source.h; NULL: nothing is imported */
	const char *export;	/* where to; NULL: nothing is exported */
	bool all;		/* everybody who has a mailbox */
	bool compare;		/* only tells which ids are missing */
	bool dry_run;		/* only tells what would be imported */
	bool again;		/* in place of what was imported before */
};

#endif
