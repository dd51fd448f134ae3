# What packagers rely on.
load ../lib/common
bats_require_minimum_version 1.5.0

root=$BATS_TEST_DIRNAME/../..

# A make of its own, whoever has called us.
own_make() {
	env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s -C "$root" "$@"
}

@test "the program tells which libraries it loads" {
	product_only
	objcopy -O binary --only-section=.note.dlopen "$POP3_HANDLER" "$work/notes"
	for library in libssl.so.3 libsystemd.so.0; do
		grep -aqF "\"soname\":[\"$library\"]}]" "$work/notes"
		ldconfig -p | grep -qF "$library " # the name is that of a file
	done
}

@test "the Makefile, README, CHANGELOG and the packages name one version" {
	version=$(sed -n 's/^VERSION = //p' "$root/Makefile")
	assert_equal "$("$POP3_HANDLER" --version)" "pop3-handler $version"
	grep -qF "Version $version;" "$root/README.md"
	[[ $(sed -n 's/^## //p;T;q' "$root/CHANGELOG.md") =~ \
		^("$version"|Unreleased)$ ]]
	[[ $(head -n 1 "$root/debian/changelog") == \
		"pop3-handler ($version-"*'; urgency='* ]]
	grep -qx "Version: *$version" "$root/examples/packages/pop3-handler.spec"
	grep -qx "pkgver=$version" "$root/examples/packages/PKGBUILD"
}

@test "the caller's compiler, flags and tools are used" {
	own_make -n O=build-other CC=other-cc CPPFLAGS=-DOTHER CFLAGS=-Oother \
		LDFLAGS=-Lother >"$work/said"
	grep -q '^other-cc .* -DOTHER .* -Oother ' "$work/said"
	grep -q '^other-cc .* -Lother ' "$work/said"
	CFLAGS=-Oother own_make -n O=build-other >"$work/said"
	grep -q ' -Oother ' "$work/said"
	own_make -n install-strip O=build-other DESTDIR=/d INSTALL=other-install \
		STRIP=other-strip >"$work/said"
	grep -q '^other-install -D -m 755 build-other/pop3-handler /d/' \
		"$work/said"
	grep -q '^other-strip /d/usr/local/sbin/pop3-handler$' "$work/said"
	refute grep -E '^[^|]*\binstall -s' "$work/said"
}

@test "the tarball builds alike in two places, is checked, installed and removed" {
	product_only
	git -C "$root" rev-parse 2>/dev/null || skip 'no repository'
	cp -a "$(readlink -f "$root")/.git" "$work/git"
	git clone -q "$work/git" "$work/clone"
	root=$work/clone own_make distcheck
}

@test "32-bit machines are told that they are not supported" {
	mkdir -p "$work/gnu"
	touch "$work/gnu/stubs-32.h"
	refute gcc -std=c11 -D_GNU_SOURCE -I"$root" -I"$work" -fsyntax-only \
		-U__x86_64__ -U__aarch64__ "$root/privilege/seccomp.c" 2>"$work/said"
	grep -q '#error "supported are x86-64, arm64' "$work/said"
}

@test "the RPM's and Arch's packages are read without a fault" {
	command -v rpmspec >/dev/null || skip 'needs rpmspec (Debian: rpm)'
	run -0 --separate-stderr rpmspec --query --qf '%{name}-%{version}\n' \
		"$root/examples/packages/pop3-handler.spec"
	[ "$stderr" = '' ]
	[[ $output == pop3-handler-* ]]
	bash -n "$root/examples/packages/PKGBUILD"
	bash -euc '. "$1"; declare -F build check package' \
		bash "$root/examples/packages/PKGBUILD" >/dev/null
}
