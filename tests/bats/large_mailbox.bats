# Mailboxes of sizes that nobody has, and what they cost in memory.
load ../lib/common

# The handler may map so many KiB: for a million messages their list, which
# doubles as it grows, and what finds those of equal content; for the rest the
# program, its libraries and its buffers. Sanitizers map terabytes.
limit_memory() {
	[ "${OPEN_SANDBOX-}" != valgrind ] || skip 'too much for valgrind'
	[ -n "${OPEN_SANDBOX-}" ] || as_reader+=(prlimit --as="$(($1 * 1024))")
}

@test "a header line of ten million octets is sent whole" {
	{ echo "$from_line"; printf 'Subject: '
	head -c 10000000 /dev/zero | tr '\0' h
	printf '\n\nbody\n\n'; } | mailbox_is
	limit_memory 20000
	fetch
	assert_fetched_count 1
	assert_equal "$(wc -c <"$work/fetched/1")" $((9 + 10000000 + 2 + 2 + 6))
}

@test "a header of ten million lines is counted and skipped" {
	{ echo "$from_line"; yes 'X-A: b' | head -n 10000000
	printf '\nbody\n\n'; } | mailbox_is
	limit_memory 20000
	transaction 'LIST 1' 'DELE 1' QUIT
	assert_reply 1 "+OK 1 $((10000000 * 8 + 2 + 6))"
	assert_reply 3 '+OK dewey POP3 server signing off (maildrop empty)'
}

# A million messages, of which some are equal.
million() {
	python3 - "$from_line" <<-'END' | mailbox_is
		import sys
		for n in range(1000000):
		    sys.stdout.write(f"{sys.argv[1]}\n\n{n % 999000}\n\n")
	END
}

@test "a million messages are listed and removed" {
	million
	limit_memory 140000
	transaction STAT 'UIDL 1000000' 'DELE 1' 'DELE 1000000' QUIT
	assert_reply 0 "+OK mrose's maildrop has 1000000 messages (9885780 octets)"
	[[ ${reply[2]} == '+OK 1000000 '*-2 ]]
	assert_reply 5 \
		'+OK dewey POP3 server signing off (999998 messages left)'
	assert_equal "$(grep -c '^From ' "$mailbox")" 999998
}

@test "more messages than memory are refused, and nothing is lost" {
	product_only
	million
	remember_mailbox
	limit_memory 30000
	session 'USER mrose' 'PASS secret' QUIT
	assert_reply 2 '-ERR [SYS/TEMP] maildrop cannot be opened now'
	assert_logged 'cannot remember the messages of .*: Cannot allocate memory'
	assert_mailbox_untouched
}

@test "a message of more than 4 GiB is listed, read in part and removed" {
	message 120 1 | deliver
	{ echo "$from_line"; printf 'Subject: huge\n\n'; } >>"$mailbox"
	truncate -s 4400M "$mailbox"
	printf '\n\n%s\nSubject: 3\n\nx\n\n' "$from_line" >>"$mailbox"
	own "$mailbox"
	limit_memory 20000
	transaction 'LIST 2' 'DELE 2' 'LIST 3' QUIT
	octets=${reply[1]##* }
	[ "$octets" -gt 4294967296 ]
	assert_reply 3 '+OK 3 17'
	assert_reply 4 '+OK dewey POP3 server signing off (2 messages left)'
	transaction 'LIST 2' QUIT
	assert_reply 1 '+OK 2 17'
	[ "$(stat -c %s "$mailbox")" -lt 1000 ]
}
