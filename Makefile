# pop3-handler: `make`, `make check`, `make install`; see README.md.
VERSION = 0.1.0

prefix = /usr/local
sbindir = $(prefix)/sbin
mandir = $(prefix)/share/man
sysconfdir = /etc
statedir = /var/lib/pop3-handler
unitdir = /lib/systemd/system
sysusersdir = /usr/lib/sysusers.d
exampledir = $(prefix)/share/doc/pop3-handler

CC = cc
CFLAGS = -O2 -g
WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wmissing-prototypes \
	-Wstrict-prototypes -Wswitch-enum -Wvla
HARDENING = -fPIE -fstack-protector-strong -D_FORTIFY_SOURCE=2
LDHARDENING = -pie -Wl,-z,relro,-z,now -Wl,--as-needed
# libmd's few functions are linked in: one library less to load at each start.
LDLIBS = -lcrypt -Wl,-Bstatic -lmd -Wl,-Bdynamic

O = build
ROOMS = base connection session maildrop auth privilege
SOURCES = $(wildcard *.c) $(foreach room,$(ROOMS),$(wildcard $(room)/*.c))
OBJECTS = $(SOURCES:%.c=$O/%.o)
COMPILE = $(CC) -std=c11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -I. \
	-DVERSION='"$(VERSION)"' $(WARNINGS) $(HARDENING) $(CPPFLAGS) $(CFLAGS)

all: pop3-handler

pop3-handler: $(OBJECTS)
	$(CC) $(CFLAGS) $(LDHARDENING) $(LDFLAGS) -o $@ $(OBJECTS) $(LDLIBS)

$O/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(COMPILE) -MMD -MP -c -o $@ $<

-include $(OBJECTS:.o=.d)

clean:
	rm -rf build pop3-handler

.PHONY: all clean
