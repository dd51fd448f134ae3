# pop3-handler: make, make quick, make check, make install. README.md tells more.
#
# The caller's CC, CPPFLAGS, CFLAGS, LDFLAGS, INSTALL and STRIP are used: flags
# stand behind ours, and so win.
VERSION = 1.0.0

prefix = /usr/local
sbindir = $(prefix)/sbin
mandir = $(prefix)/share/man
docdir = $(prefix)/share/doc/pop3-handler
sysconfdir = /etc
statedir = /var/lib/pop3-handler
# systemd looks there for every prefix that is /usr or /usr/local.
unitdir = $(prefix)/lib/systemd/system
sysusersdir = $(prefix)/lib/sysusers.d
tmpfilesdir = $(prefix)/lib/tmpfiles.d

INSTALL ?= install
STRIP ?= strip
CFLAGS ?= -g
# Small, and so quick to start; quick all the same where mail goes through.
OPTIMIZATION = -Os
QUICK = base/digest_avx2 base/lines base/strbuf base/text \
	connection/multiline maildrop/mbox/from \
	maildrop/mbox/scan maildrop/mbox/scan_many \
	maildrop/ordinals maildrop/uidl maildrop/uidl_popa3d
WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla \
	-Wmissing-prototypes -Wstrict-prototypes -Wswitch-enum
# Where a branch may land is marked for processors that look: x86 and ARM have
# an option of their own for it.
MACHINE := $(shell $(CC) -dumpmachine)
BRANCHES = $(if $(filter x86_64-%,$(MACHINE)),-fcf-protection=full) \
	$(if $(filter aarch64-%,$(MACHINE)),-mbranch-protection=standard)
# Nothing unwinds the stack but debuggers, which have tables of their own.
UNWINDING = -fno-asynchronous-unwind-tables
HARDENING = -fPIE -fstack-protector-strong -fstack-clash-protection \
	$(BRANCHES)
# A build does not tell where it was made.
PATHS = -ffile-prefix-map=$(CURDIR)=.
# Behind the caller's, who may define it, too.
FORTIFICATION = -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
# libmd's few functions are linked in: one library less to load at each start.
LIBMD = -Wl,-Bstatic -lmd -Wl,-Bdynamic
LDLIBS = -lcrypt $(LIBMD)
LIBPAM = -lpam
LINKING = -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code \
	-Wl,--as-needed

O = build
MODULES = base check connection import listener session maildrop maildrop/mbox auth privilege
SANDBOX = privilege/sandbox.c
SOURCES = $(filter-out privilege/sandbox.c,$(wildcard *.c $(MODULES:%=%/*.c))) \
	$(SANDBOX)
OBJECTS = $(SOURCES:%.c=$O/%.o)
PROGRAMS = $O/pop3-handler $O/pop3-auth
# What pop3-auth shares with the server comes from the archive.
HELPER = $(patsubst %.c,$O/%.o,$(wildcard helper/*.c))
UNITS = $(patsubst tests/unit/%.c,$O/unit/%,$(wildcard tests/unit/*_test.c))
COMPILE = $(CC) -std=c11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -I. \
	-DVERSION='"$(VERSION)"' -DSTATE_DIRECTORY='"$(statedir)"' \
	-DCONFIGURATION_DIRECTORY='"$(sysconfdir)"' $(WARNINGS) $(UNWINDING) \
	$(HARDENING) $(PATHS) $(OPTIMIZATION) $(CPPFLAGS) $(FORTIFICATION) \
	$(CFLAGS)
LINK = $(CC) $(CFLAGS) $(LINKING) $(LDFLAGS)
# The sanitizer's crypt_r calls that of a library that is there at the start, and
# PAM's modules load theirs later.
SANITIZE = O=build-sanitize LIBPAM='-lpam -Wl,--no-as-needed -lcrypt' \
	CFLAGS='-O1 -g -fno-omit-frame-pointer \
	-fsanitize=address,undefined -fno-sanitize-recover=all' HARDENING=-fPIE \
	FORTIFICATION= OPTIMIZATION= \
	SANDBOX=tests/lib/open_sandbox.c

all: $(PROGRAMS)
	@ln -sf $(PROGRAMS) .

$O/pop3-handler: $(filter-out $O/pop3-auth.o,$(OBJECTS))
	$(LINK) -o $@ $^ $(LDLIBS)

$O/pop3-auth: $O/pop3-auth.o $(HELPER) $O/objects.a
	$(LINK) -o $@ $^ $(LIBPAM)

$(QUICK:%=$O/%.o): OPTIMIZATION = -O2

$O/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(COMPILE) -MMD -MP -c -o $@ $<

# An archive: a driver that has an own form of a file leaves that one out.
$O/objects.a: $(filter-out $(PROGRAMS:=.o),$(OBJECTS))
	@rm -f $@
	$(AR) cr $@ $^

$O/unit/%: tests/unit/%.c $O/objects.a
	@mkdir -p $(@D)
	$(COMPILE) -Wno-error -MMD -MP $(LINKING) $(LDFLAGS) -o $@ $< $O/objects.a $(LDLIBS)

unit: $(UNITS)

check-unit: unit
	@for unit in $(UNITS); do $$unit || exit 1; done

# Needs neither root nor the network, and less than a minute.
check: check-unit

# All suites, and nothing of what tests/run does beside them.
check-all: all check-unit
	bats tests/bats

# While one works on the code: builds, runs the unit drivers and the core
# suites; a minute on two cores.
quick:
	@$(MAKE) -s -k -j4 -O check-unit $(CORE_SUITES:%=suite-%)

# The slow ones first.
CORE_SUITES = maildrop update recovery uidl transaction command_lines dialogue

suite-%: all
	@bats tests/bats/$*.bats

lint:
	tests/lint/run

# All suites but those of what is installed.
sanitize:
	$(MAKE) $(SANITIZE) build-sanitize/pop3-handler build-sanitize/pop3-auth check-unit
	OPEN_SANDBOX=yes POP3_HANDLER=$(CURDIR)/build-sanitize/pop3-handler \
	    bats $(filter-out $(INSTALLED_SUITES:%=tests/bats/%.bats), \
	    $(wildcard tests/bats/*.bats))

INSTALLED_SUITES = fail2ban hardening install systemd systemd_check \
	systemd_listener systemd_pam

# What goes where: a line for each file that is filled in on the way.
INSTALLED = $(sbindir)/pop3-handler $(mandir)/man8/pop3-handler.8 \
	$(sbindir)/pop3-auth $(mandir)/man8/pop3-auth.8 \
	$(unitdir)/pop3-auth.socket $(unitdir)/pop3-auth.service \
	$(unitdir)/pop3.socket $(unitdir)/pop3s.socket \
	$(unitdir)/pop3.service $(unitdir)/pop3s.service \
	$(unitdir)/pop3@.service $(unitdir)/pop3s@.service \
	$(unitdir)/pop3-auth-again.timer $(unitdir)/pop3-again.timer $(unitdir)/pop3s-again.timer \
	$(unitdir)/pop3-opening.target \
	$(unitdir)/pop3-recover.service $(unitdir)/pop3-recover@.service \
	$(sysusersdir)/pop3-handler.conf \
	$(tmpfilesdir)/pop3-handler.conf $(docdir)/inetd.conf $(docdir)/options \
	$(docdir)/pop3-handler.xinetd $(docdir)/no-shadow-group.conf \
	$(docdir)/accept.conf $(docdir)/pam.conf \
	$(docdir)/fail2ban/filter.d/pop3-handler.conf \
	$(docdir)/fail2ban/jail.d/pop3-handler.conf \
	$(EXAMPLES:%=$(docdir)/%) $(DOCUMENTS:%=$(docdir)/%)
EXAMPLES = examples/nginx.conf examples/nginx-auth-http \
	examples/prometheus-textfile
DOCUMENTS = README.md DESIGN.md SECURITY.md PROTOCOL.md HACKING.md \
	CHANGELOG.md $(wildcard doc/*.md doc/*.svg)
FILL = sed -e 's|@sbindir@|$(sbindir)|g' -e 's|@statedir@|$(statedir)|' \
	-e 's|@sysconfdir@|$(sysconfdir)|g'
# What the services have in common.
CONFINE = sed -e '/^@serving@$$/r units/serving.in' -e '/^@serving@$$/d' \
	-e '/^@confined@$$/r units/confined.in' -e '/^@confined@$$/d'
# The units of pop3s are those of pop3 but for this.
SECURE = sed -e 's/pop3@/pop3s@/' -e 's/pop3\(-again\|\.socket\)/pop3s\1/' \
	-e 's/POP3 /POP3S /' -e 's/Stream=110$$/Stream=995/' \
	-e 's/Name=pop3$$/Name=pop3s/' \
	-e '/ExecStart=@/s/$$/ --tls=implicit/'
# After a failure: not at boot, and no failed instance stays.
AFTER_FAILURE = sed -e '/^Before=/d' -e 's/^ConditionDirectory/CollectMode=inactive-or-failed\n&/' \
	-e '/^\[Install\]/,$$d'
PUT = $(INSTALL) -D -m 644 /dev/stdin
# The administrator's, once it is there.
PAM_FILE = $(sysconfdir)/pam.d/pop3-handler

install: all
	$(INSTALL) -D -m 755 $O/pop3-handler $(DESTDIR)$(sbindir)/pop3-handler
	$(INSTALL) -D -m 755 $O/pop3-auth $(DESTDIR)$(sbindir)/pop3-auth
	for page in pop3-handler.8 pop3-auth.8; do sed 's|/usr/local/sbin|$(sbindir)|' man/$$page | \
	    $(PUT) $(DESTDIR)$(mandir)/man8/$$page || exit; done
	for unit in pop3.socket pop3-auth.socket pop3-again.timer pop3-opening.target; do \
	    $(PUT) $(DESTDIR)$(unitdir)/$$unit <units/$$unit || exit; done
	for unit in pop3.service pop3@.service pop3-recover.service pop3-auth.service; do \
	    $(CONFINE) units/$$unit.in | $(FILL) | $(PUT) $(DESTDIR)$(unitdir)/$$unit || exit; done
	$(SECURE) units/pop3.socket | $(PUT) $(DESTDIR)$(unitdir)/pop3s.socket
	$(SECURE) units/pop3-again.timer | $(PUT) $(DESTDIR)$(unitdir)/pop3s-again.timer
	sed 's/pop3\.socket/pop3-auth.socket/' units/pop3-again.timer | \
	    $(PUT) $(DESTDIR)$(unitdir)/pop3-auth-again.timer
	$(CONFINE) units/pop3@.service.in | $(SECURE) | $(FILL) | $(PUT) $(DESTDIR)$(unitdir)/pop3s@.service
	$(CONFINE) units/pop3-recover.service.in | $(AFTER_FAILURE) | $(FILL) | \
	    $(PUT) $(DESTDIR)$(unitdir)/pop3-recover@.service
	ln -sf pop3.service $(DESTDIR)$(unitdir)/pop3s.service
	$(INSTALL) -d $(DESTDIR)$(sysconfdir)/pop3-handler
	[ -e $(DESTDIR)$(PAM_FILE) ] || $(INSTALL) -D -m 644 units/pop3-handler.pam $(DESTDIR)$(PAM_FILE)
	$(FILL) units/pop3-handler.sysusers | $(PUT) $(DESTDIR)$(sysusersdir)/pop3-handler.conf
	$(FILL) units/pop3-handler.tmpfiles.in | $(PUT) $(DESTDIR)$(tmpfilesdir)/pop3-handler.conf
	$(FILL) units/options.in | $(PUT) $(DESTDIR)$(docdir)/options
	$(FILL) units/inetd.conf.in | $(PUT) $(DESTDIR)$(docdir)/inetd.conf
	$(FILL) units/pop3-handler.xinetd.in | $(PUT) $(DESTDIR)$(docdir)/pop3-handler.xinetd
	$(INSTALL) -m 644 units/no-shadow-group.conf units/accept.conf units/pam.conf $(DESTDIR)$(docdir)
	for example in $(EXAMPLES); do \
	    $(INSTALL) -D -m 644 $$example $(DESTDIR)$(docdir)/$$example || exit; done
	for document in $(DOCUMENTS); do \
	    $(INSTALL) -D -m 644 $$document $(DESTDIR)$(docdir)/$$document || exit; done
	for part in filter.d jail.d; do \
	    $(INSTALL) -D -m 644 -t $(DESTDIR)$(docdir)/fail2ban/$$part units/fail2ban/$$part/pop3-handler.conf || exit; done
	[ -n "$(DESTDIR)" ] || units/make-user $(statedir)

# The same without symbols, which only a debugger wants.
install-strip: install
	$(STRIP) $(DESTDIR)$(sbindir)/pop3-handler
	$(STRIP) $(DESTDIR)$(sbindir)/pop3-auth

# The service user and the state directory stay: they may be of use again.
uninstall:
	[ -n "$(DESTDIR)" ] || [ ! -d /run/systemd/system ] || units/stop $(unitdir)
	rm -f $(INSTALLED:%=$(DESTDIR)%)
	! cmp -s units/pop3-handler.pam $(DESTDIR)$(PAM_FILE) || rm $(DESTDIR)$(PAM_FILE)
	-rmdir $(DESTDIR)$(docdir)/fail2ban/*.d $(DESTDIR)$(docdir)/fail2ban \
	    $(DESTDIR)$(docdir)/doc $(DESTDIR)$(docdir)/examples $(DESTDIR)$(docdir) \
	    $(DESTDIR)$(sysconfdir)/pop3-handler 2>/dev/null
	[ -n "$(DESTDIR)" ] || [ ! -d /run/systemd/system ] || systemctl daemon-reload

# The long forms: half an hour, as root for the agents.
soak: all
	tests/crash/sweep --long
	tests/crash/sweep --short --listener
	tests/crash/mutate --long
	tests/tools/need-packages e2fsprogs
	tests/crash/ext4
	tests/systemd/mutate
	tests/interop/install
	tests/interop/run --seconds 300

# Both commands of README.md on new machines of two releases; an hour, as root.
fresh:
	tests/fresh bookworm
	tests/fresh trixie

# The Debian package: built in a minimal root of each release, installed in
# another, and debian/tests in systems booted from that; an hour, as root.
package:
	tests/fresh --package bookworm
	tests/fresh --package trixie

# The same for this machine's release.
autopkgtest:
	tests/fresh --package

# For arm64, under qemu-user; an hour, as root.
cross:
	tests/cross arm64

# The drawings, from their texts.
docs:
	for text in doc/*.txt; do doc/draw $$text >$${text%.txt}.svg || exit; done

# Against Dovecot and popa3d, as ratios, within ten minutes; as root.
bench: all
	tests/bench/run

# What scanners of TLS servers find; ten minutes.
tls-scan: all
	tests/tools/tls-scan

# Needs clang. The long form takes an hour.
fuzz:
	tests/fuzz/run --seconds 600 --jobs 2

fuzz-short:
	tests/fuzz/run --seconds 4 --jobs 2

# The whole suite under valgrind, about a quarter of an hour.
valgrind:
	$(MAKE) O=build-valgrind CFLAGS='-O1 -g' HARDENING=-fPIE \
	    FORTIFICATION= OPTIMIZATION= SANDBOX=tests/lib/open_sandbox.c build-valgrind/pop3-handler build-valgrind/pop3-auth
	sed 's|@handler@|$(CURDIR)/build-valgrind/pop3-handler|' \
	    tests/tools/valgrind-handler.in >build-valgrind/handler
	chmod 755 build-valgrind/handler
	OPEN_SANDBOX=valgrind POP3_HANDLER=$(CURDIR)/build-valgrind/handler \
	    bats tests/bats

# The tarball of a release: the same bits from the same commit.
NAME = pop3-handler-$(VERSION)
dist:
	git archive --format=tar --prefix=$(NAME)/ HEAD | gzip -9n >$(NAME).tar.gz

# What a packager does with it.
distcheck: dist
	tests/tools/check-tarball $(NAME)

clean:
	rm -rf build build-* pop3-handler

-include $(OBJECTS:.o=.d) $(HELPER:.o=.d) $(UNITS:=.d)
.PHONY: all unit check-unit check check-all dist distcheck install-strip quick lint sanitize bench tls-scan fuzz fuzz-short valgrind soak fresh package autopkgtest cross docs \
	install uninstall clean
