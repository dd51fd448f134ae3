# Clients that are idle, slow, or do not read.
load ../lib/common

@test "an idle client is dropped without a reply before login (RFC 1939 section 3)" {
	open_session --idle-timeout=1
	ask 'USER mrose' '+OK mrose'
	finish_session
	exec {to}>&-
	assert_equal "$rest" ''
	assert_ended 0
	assert_logged 'session: .* reason=timeout tls=none'
}

@test "an idle client is dropped without a reply after login (RFC 1939 section 3)" {
	mailbox_of 120
	open_transaction --idle-timeout=1
	finish_session
	exec {to}>&-
	assert_equal "$rest" ''
	assert_ended 0
	assert_logged 'session: .* reason=timeout tls=none'
}

@test "half a line is not executed by the timeout (RFC 1939 section 3)" {
	mailbox_of 120
	remember_mailbox
	open_transaction --idle-timeout=1
	ask 'DELE 1' '+OK message 1 deleted'
	printf QUIT >&"$to"
	finish_session
	exec {to}>&-
	assert_equal "$rest" ''
	assert_mailbox_untouched
}

@test "a trickle of octets earns no time" {
	words --idle-timeout=1
	timeout 120 python3 "$hostile/slow_writer.py" "${run[@]}" >"$replies" \
		2>"$log"
	assert_equal "$(cat "$replies")" $'+OK dewey POP3 server ready\r'
	assert_logged 'session: .* reason=timeout tls=none'
}

@test "any command resets the timer, a wrong one, too (RFC 1939 section 3)" {
	mailbox_of 120
	open_transaction --idle-timeout=3
	sleep 1
	ask NOOP '+OK'
	sleep 1
	ask XYZZY '-ERR unknown command'
	sleep 1
	ask STAT '+OK 1 120'
	sleep 1
	ask NOOP '+OK'
	hang_up
}

@test "a client that stops reading is dropped, and nothing removed" {
	{ printf 'Subject: big\n\n'; yes | head -n 100000; } | deliver
	mailbox_of 120
	remember_mailbox
	words --idle-timeout=1
	timeout 120 python3 "$hostile/client_never_reads.py" "${run[@]}" 2>"$log"
	assert_logged 'session: .* reason=stalled tls=none'
	assert_mailbox_untouched
}

@test "a client that keeps reading, however slowly, gets the whole message" {
	{ printf 'Subject: big\n\n'; yes 0123456789 | head -n 300000; } | deliver
	words --idle-timeout=2
	timeout 120 python3 "$hostile/slow_reader.py" 5 "${run[@]}" >"$replies" \
		2>"$log"
	assert_equal "$(grep -c '^0123456789' "$replies")" 300000
	assert_equal "$(tail -n 1 "$replies")" \
		$'+OK dewey POP3 server signing off (1 message left)\r'
}

@test "by default the server waits ten minutes for a command (RFC 1939 section 3)" {
	local call

	open_session
	# poll(descriptors, 1, milliseconds), as the kernel tells
	await reads_poll
	call=($(cat "/proc/$pid/syscall"))
	[ $((call[3])) -gt 500000 ]
	[ $((call[3])) -le 600000 ]
	hang_up
}

reads_poll() {
	[ "$(uname -m)" = x86_64 ] || skip 'knows the calls of x86_64 only'
	[[ $(cat "/proc/$pid/syscall") == '7 '* ]] ||
		{ [ -r "/proc/$pid/syscall" ] && false; } ||
		skip 'the kernel does not tell'
}

talk_for_six_seconds() {
	local n

	for n in {1..20}; do
		printf 'USER mrose\r\n' 2>/dev/null || return 0
		sleep 0.3
	done
}

@test "a client cannot stay without a login by talking: the login as a whole has a limit" {
	words --idle-timeout=1
	(trap '' PIPE; talk_for_six_seconds) |
		timeout 60 "${run[@]}" >"$replies" 2>"$log"
	assert_logged 'session: .* reason=timeout tls=none'
	[ "$(grep -c '^+OK mrose' "$replies")" -lt 20 ]
}

@test "a client cannot stay without a login by reading slowly" {
	words --idle-timeout=2
	assert_equal "$(timeout 60 python3 "$hostile/slow_preauth.py" 8 \
		"${run[@]}" 2>"$log")" gone
}

@test "--login-timeout ends who has not logged in, and nobody else" {
	mailbox_of 120
	words --login-timeout=1
	open_transaction --login-timeout=1
	assert_equal "$(sleep 5 | timeout 60 "${run[@]}" 2>"$work/preauth" |
		grep -c .)" 1
	grep -q 'reason=timeout tls=none$' "$work/preauth"
	ask STAT '+OK 1 120'
	hang_up
}
