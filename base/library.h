/*
 * Shared libraries that are loaded only by a process that needs them: linked
 * in, they would cost every process their start.
 */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

#include <stdint.h>

/*
 * A note in the program (.note.dlopen, the ELF package metadata of
 * systemd.io) for the tools that find out which packages it needs: they do not
 * see what is loaded. `json` is a literal, an array of objects.
 */
#define LIBRARY_NOTE(name, json) \
	static const struct { \
		uint32_t owner_size, content_size, type; \
		char owner[4]; \
		char content[sizeof(json)]; \
	} name __attribute__((used, aligned(4), section(".note.dlopen"))) = { \
		4, sizeof(json), 0x407c0c0a, "FDO", json \
	}

/* Loads a library by the name in its symbolic links, "libNAME.so.N", for as
 * long as the process lives. NULL with errno ENOSYS. */
void *library_open(const char *name);

/* A function of the library, to be copied into a pointer of its type; NULL
 * with errno ENOSYS if it has none of that name, or is NULL itself. */
void *library_function(void *library, const char *name);

#endif
