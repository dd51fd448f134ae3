# What the linker and the compiler were asked for, read back from the binary.
load ../lib/common

setup_file() {
	local binary=$POP3_HANDLER

	[ -z "${OPEN_SANDBOX-}" ] || return 0
	readelf -hW "$binary" >"$BATS_FILE_TMPDIR/header"
	readelf -lW "$binary" >"$BATS_FILE_TMPDIR/segments"
	readelf -dW "$binary" >"$BATS_FILE_TMPDIR/dynamic"
	readelf -sW --dyn-syms "$binary" >"$BATS_FILE_TMPDIR/symbols"
	objdump -d --no-show-raw-insn "$binary" >"$BATS_FILE_TMPDIR/code"
}

has() {
	grep -qE "$2" "$BATS_FILE_TMPDIR/$1" || fail "$1: no $2"
}

lacks() {
	refute grep -E "$2" "$BATS_FILE_TMPDIR/$1"
}

@test "the program can be loaded anywhere (PIE)" {
	product_only
	has header 'Type: +DYN'
	has dynamic '\(FLAGS_1\).*\<PIE\>'
}

@test "what the dynamic linker filled in is read-only (full RELRO)" {
	product_only
	has segments 'GNU_RELRO'
	has dynamic '\(FLAGS\).*\<BIND_NOW\>'
}

@test "no memory is both writable and executable" {
	product_only
	has segments 'GNU_STACK .* RW '
	lacks segments ' RWE '
	lacks dynamic 'TEXTREL'
}

@test "libraries come from where the system has them" {
	product_only
	lacks dynamic 'RPATH|RUNPATH'
	assert_equal "$(sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' \
		"$BATS_FILE_TMPDIR/dynamic" | sort | tr '\n' ' ')" \
		'libc.so.6 libcrypt.so.1 '
}

@test "a smashed stack is noticed (stack protector)" {
	product_only
	[ "$(grep -c 'call.*__stack_chk_fail' "$BATS_FILE_TMPDIR/code")" -gt 20 ]
}

@test "library calls that overrun a buffer of known size are stopped (FORTIFY)" {
	product_only
	has symbols '__(v?snprintf|read|memcpy|pread64)_chk'
}

@test "where a call may land is marked (CET)" {
	product_only
	[ "$(uname -m)" = x86_64 ] || skip 'x86 has it'
	# every function of ours whose address is taken begins so
	for function in main do_capa do_quit mbox_load mbox_read; do
		grep -A1 "<$function>:" "$BATS_FILE_TMPDIR/code" |
			grep -q endbr64 || fail "$function is not marked"
	done
}

@test "a large frame cannot jump over the guard page (stack clash)" {
	product_only
	[ "$(uname -m)" = x86_64 ] || skip 'the probes of x86'
	# LOG_LINE_SIZE and fields of the journal make one of several pages
	grep -A40 '<to_journal>:\|<put>:' "$BATS_FILE_TMPDIR/code" |
		grep -qE 'orq +\$0x0,(0x[0-9a-f]+)?\(%rsp\)' ||
		fail 'no probe'
}
