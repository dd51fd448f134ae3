/* What this processor can do beyond the least of its kind. */
#ifndef BASE_PROCESSOR_H
#define BASE_PROCESSOR_H

#include <stdbool.h>

#if defined(__x86_64__) && __has_include(<sys/platform/x86.h>)
#include <sys/platform/x86.h>

/* The C library knows: to ask the processor itself again takes a guest of a
 * virtual machine longer than all of a small session's work. */
static inline bool
processor_has_avx2(void)
{
	return CPU_FEATURE_ACTIVE(AVX2) && CPU_FEATURE_ACTIVE(BMI1) &&
	    CPU_FEATURE_ACTIVE(POPCNT);
}
#else
static inline bool
processor_has_avx2(void)
{
	return false;
}
#endif

#endif
