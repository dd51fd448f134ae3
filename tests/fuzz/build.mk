# The fuzz targets, in build-fuzz, with the project's own rules: one file a
# target, tests/fuzz/NAME_fuzz.c. Used by tests/fuzz/run, at the top.

override O = build-fuzz
override CC = clang
override CFLAGS = -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all \
	-fsanitize=fuzzer-no-link,address,undefined
override HARDENING = -fPIE
override FORTIFICATION =
override OPTIMIZATION =
# Small steps and segments, so that a small mailbox sees all kinds of them.
override CPPFLAGS = -DREDO_LOG_SEGMENT=1024ULL -DREDO_LOG_COPY_MAX=4096ULL \
	-DREDO_LOG_COPY_MIN=4096ULL -DWIDE_GAP=512ULL

include Makefile

FUZZERS = $(patsubst tests/fuzz/%_fuzz.c,$O/fuzz/%,$(wildcard \
	tests/fuzz/*_fuzz.c))

fuzzers: $(FUZZERS)

$O/fuzz/%: tests/fuzz/%_fuzz.c $O/objects.a tests/fuzz/build.mk
	@mkdir -p $(@D)
	$(COMPILE) -MMD -MP -MT $@ -MF $@.d -fsanitize=fuzzer $(LINKING) $(LDFLAGS) \
	    -o $@ $< $O/objects.a $(LDLIBS)

-include $(FUZZERS:=.d)
.PHONY: fuzzers
