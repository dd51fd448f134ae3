/* What a process may still do by name, in a directory that is open, once it is
 * confined. */
#ifndef BASE_RIGHTS_H
#define BASE_RIGHTS_H

#include <stdbool.h>

#define RIGHTS_MAX 4		/* directories */

struct directory_rights {
	int directory;
	bool may_make, may_remove;	/* regular files */
	bool may_read;			/* open them for reading */
	bool may_rename;		/* give them another name there */
};

#endif
