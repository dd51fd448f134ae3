/*
 * Shared libraries that are loaded only by a process that needs them: linked
 * in, they would cost every process their start.
 */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

/* Loads a library by the name in its symbolic links, "libNAME.so.N", for as
 * long as the process lives. NULL with errno ENOSYS. */
void *library_open(const char *name);

/* A function of the library, to be copied into a pointer of its type; NULL
 * with errno ENOSYS if it has none of that name, or is NULL itself. */
void *library_function(void *library, const char *name);

#endif
