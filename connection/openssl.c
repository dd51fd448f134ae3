#include "connection/openssl.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/library.h"
#include "base/log.h"
#include "base/min.h"
#include "base/text.h"

#define LIBRARY "libssl.so.3"

LIBRARY_NOTE(note, "[{\"feature\":\"tls\",\"description\":\"TLS\","
    "\"priority\":\"recommended\",\"soname\":[\"" LIBRARY "\"]}]");

#define STRING(name) #name "\0"

/* Set once, by openssl_load, for the library's callbacks are given nothing in
 * which they could find it. Nothing but pointers to functions. */
static struct openssl library;

/* In the order of the pointers. */
static const char function_names[] = OPENSSL_FUNCTIONS(STRING);

const struct openssl *
openssl(void)
{
	return &library;
}

const char *
openssl_reason(void)
{
	const char *text =
	    library.ERR_reason_error_string(library.ERR_peek_last_error());

	return text != NULL ? text : "cannot be used";
}

/* It does not wipe all that it frees of a key's file, so its memory is wiped
 * here whenever it is freed or moved. */
static void
drop_memory(void *at, const char *file, int line)
{
	(void)file;
	(void)line;
	if (at != NULL)
		text_wipe(at, malloc_usable_size(at));
	free(at);
}

static void *
move_memory(void *at, size_t size, const char *file, int line)
{
	void *moved = malloc(size);
	size_t old = at == NULL ? 0 : malloc_usable_size(at);

	if (moved == NULL)
		return NULL;
	if (at != NULL)
		memcpy(moved, at, min_size(old, size));
	drop_memory(at, file, line);
	return moved;
}

static bool
find_functions(void)
{
	void *handle = library_open(LIBRARY);
	const char *name = function_names;

	for (size_t at = 0; at < sizeof(library); at += sizeof(void *)) {
		void *function = library_function(handle, name);

		if (function == NULL) {
			log_note(LOG_ERR, "no TLS: " LIBRARY " cannot be "
			    "loaded, or has no %s", name);
			return false;
		}
		memcpy((char *)&library + at, &function, sizeof(function));
		name += strlen(name) + 1;
	}
	return true;
}

/* Its configuration file is not read: it could load modules, and it is a good
 * part of the start. */
bool
openssl_load(void)
{
	if (!find_functions())
		return false;
	/* Too late where a module of accounts has used the library already. */
	library.CRYPTO_set_mem_functions(NULL, move_memory, drop_memory);
	return library.OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG |
	    OPENSSL_INIT_NO_ATEXIT, NULL) == 1;
}
