/*
 * What fuzz targets share: how an input is taken apart, and how a target says
 * that something is wrong.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* libFuzzer calls these. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length);

/* Ends the process with a word that libFuzzer takes for a finding. */
#define fuzz_require(condition, ...) do { \
	if (!(condition)) { \
		dprintf(STDERR_FILENO, "%s:%d: ", __FILE__, __LINE__); \
		dprintf(STDERR_FILENO, __VA_ARGS__); \
		dprintf(STDERR_FILENO, " (%s)\n", #condition); \
		abort(); \
	} \
} while (0)

/* What is left of an input. */
struct fuzz_input {
	const char *at;
	size_t length;
};

static inline struct fuzz_input
fuzz_input(const uint8_t *octets, size_t length)
{
	return (struct fuzz_input){ (const char *)octets, length };
}

/* Takes an octet, 0 where there is none. */
static inline unsigned
fuzz_octet(struct fuzz_input *input)
{
	if (input->length == 0)
		return 0;
	input->length--;
	return (unsigned char)*input->at++;
}

/* Takes what stands before `end`, or all, and drops `end`. */
static inline struct fuzz_input
fuzz_until(struct fuzz_input *input, char end)
{
	const char *at = input->length == 0 ? NULL
	    : memchr(input->at, end, input->length);
	size_t length = at == NULL ? input->length
	    : (size_t)(at - input->at);
	struct fuzz_input taken = { input->at, length };

	length += at != NULL;
	if (length > 0)
		input->at += length;
	input->length -= length;
	return taken;
}

static inline void *
fuzz_memory(size_t size)
{
	void *at = calloc(1, size + (size == 0));

	fuzz_require(at != NULL, "no memory");
	return at;
}

/* A string up to the first NUL, on the heap without a spare octet. */
static inline char *
fuzz_string(struct fuzz_input input)
{
	size_t length = strnlen(input.length == 0 ? "" : input.at,
	    input.length);
	char *string = fuzz_memory(length + 1);

	if (length > 0)
		memcpy(string, input.at, length);
	return string;
}

/* A file in memory with these octets, which nobody else may write to. */
static inline int
fuzz_file(const char *octets, size_t length)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	fuzz_require(fd != -1 && fchmod(fd, 0600) == 0 &&
	    (length == 0 || pwrite(fd, octets, length, 0) == (ssize_t)length),
	    "cannot make a file in memory");
	return fd;
}

#endif
