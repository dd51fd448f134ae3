#include <string.h>

#include "import/source.h"

#define SOURCES(X) X(dovecot) X(dovecot_md5_all) X(uw) X(qpopper) \
	X(qpopper_old) X(qpopper_readonly) X(solid) X(tpop3d) X(popa3d) X(file)

#define DECLARE(name) extern const struct import_source import_##name;
#define ROW(name) &import_##name,

SOURCES(DECLARE)

const struct import_source *const import_sources[] = { SOURCES(ROW) NULL };

const struct import_source *
import_source_of(const char *words, const char **argument)
{
	size_t length = strcspn(words, ":");

	*argument = words[length] == ':' ? words + length + 1 : NULL;
	for (size_t i = 0; import_sources[i] != NULL; i++) {
		const struct import_source *source = import_sources[i];

		if (strlen(source->name) != length ||
		    memcmp(source->name, words, length) != 0)
			continue;
		if (*argument == NULL)
			return source->wants_captured ? NULL : source;
		return source->is_argument != NULL &&
		    source->is_argument(*argument) ? source : NULL;
	}
	return NULL;
}
