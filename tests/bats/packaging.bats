# What packagers rely on.
load ../lib/common

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
