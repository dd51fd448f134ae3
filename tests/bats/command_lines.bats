# Lines as they come: their ends, lengths and octets.
load ../lib/common

# octets N [CHARACTER]
octets() {
	head -c "$1" /dev/zero | tr '\0' "${2-x}"
}

@test "a bare LF ends a line, too" {
	mailbox_of 120
	converse < <(printf 'USER mrose\nPASS secret\nSTAT\r\nQUIT\n')
	sort_replies 'USER mrose' 'PASS secret' STAT QUIT
	assert_reply 3 '+OK 1 120'
	assert_count 4
}

@test "a bare CR ends no line (RFC 1939 section 3)" {
	converse < <(printf 'USER mrose\rPASS secret\r\nQUIT\r\n')
	sort_replies 1 QUIT
	assert_refused 1
	assert_count 2
}

@test "only one CR belongs to the line end" {
	converse < <(printf 'QUIT\r\r\nCAPA\r\r\nQUIT\r\n')
	sort_replies 1 2 QUIT
	assert_refused 1 2
	assert_accepted 3
}

@test "a command of 255 octets is read whole (RFC 2449 section 4)" {
	# 5 octets "USER ", the name, CRLF; the name comes back
	session "USER $(octets 248)" QUIT
	assert_reply 1 "+OK $(octets 248)"
	assert_accepted 2
}

@test "a command of 256 octets is refused (RFC 2449 section 4)" {
	session "USER $(octets 249)" QUIT
	assert_reply 1 '-ERR line too long'
	assert_count 2
}

@test "a number may fill a line of 255 octets (RFC 2449 section 4)" {
	mailbox_of 120
	transaction "LIST $(octets 247 0)1" "LIST $(octets 248 0)1"
	assert_reply 1 '+OK 1 120'
	assert_reply 2 '-ERR line too long'
}

@test "each line too long gets one -ERR, whatever its length (RFC 1939 section 3)" {
	local length

	for length in 254 255 256 510 511 512 513 1023 4095 4096 4097 8190 \
		8191 8192 65535 65536 1000000; do
		converse < <(octets "$length"; printf '\r\nNOOP\r\nQUIT\r\n')
		sort_replies 1 2 QUIT
		assert_refused 1 2
		assert_reply 3 '+OK dewey POP3 server signing off'
		assert_count 3
	done
}

@test "the rest of a long line is no command (RFC 1939 section 3)" {
	mailbox_of 120
	remember_mailbox
	converse < <(printf 'USER mrose\r\nPASS secret\r\n'
		octets 249; printf 'DELE 1\r\n'
		octets 4090; printf 'DELE 1\r\n'
		octets 250; printf 'QUIT\r\n'
		printf 'STAT\r\n')
	sort_replies 1 2 3 4 5 6
	assert_refused 3 4 5
	assert_reply 6 '+OK 1 120'
	assert_count 6
	assert_mailbox_untouched
}

@test "the beginning of a long line is no command" {
	mailbox_of 120
	transaction "DELE 1$(octets 250 ' ')" "QUIT$(octets 300 ' ')" STAT
	assert_refused 1 2
	assert_reply 3 '+OK 1 120'
}

@test "a long line without an end gets no answer at the end of input" {
	converse < <(octets 5000)
	sort_replies
	assert_count 0
	assert_ended 0
}

@test "a line with a NUL is refused, wherever the NUL is" {
	mailbox_of 120
	remember_mailbox
	converse < <(printf 'USER mrose\r\nPASS secret\r\n'
		printf 'DELE 1\0\r\n\0DELE 1\r\nDELE\0 1\r\nDELE 1\0 x\r\n'
		printf 'QUIT\0\r\n\0\r\nSTAT\r\n')
	sort_replies 1 2 3 4 5 6 7 8 9
	assert_refused 3 4 5 6 7 8
	assert_reply 3 '-ERR NUL in line'
	assert_reply 9 '+OK 1 120'
	assert_count 9
	assert_mailbox_untouched
}

@test "a long line of NULs gets one -ERR" {
	converse < <(head -c 70000 /dev/zero; printf '\r\nQUIT\r\n')
	sort_replies 1 QUIT
	assert_refused 1
	assert_count 2
}

@test "an empty line gets an -ERR (RFC 1939 section 3)" {
	session '' ' ' QUIT
	assert_refused 1 2
	assert_count 3
	transaction '' ' ' : STAT
	assert_refused 1 2 3
	assert_accepted 4
}

@test "an unknown command gets an -ERR (RFC 1939 section 3)" {
	session XYZZY QUIT1 QUI USERS 'QUIT:' 'USER:mrose' $'\xff\xfe' '%s%n'
	assert_refused 1 2 3 4 5 6 7 8
	assert_count 8
}

@test "a command that is a prefix of another is unknown" {
	mailbox_of 120
	transaction S ST DEL QUI RET 'DELETE 1' 'TOPS 1 0' STAT
	assert_refused 1 2 3 4 5 6 7
	assert_reply 8 '+OK 1 120'
}

@test "the client's octets do not come back in an error" {
	session 'XYZZY hello there' $'X\x1b[2J\rhello' "$(octets 240 h)" \
		'USER hello there'
	assert_refused 1 2 3 4
	refute grep -e hello -e hhh -e XYZZY "$replies"
}

@test "a control character in a name is refused, not echoed" {
	session $'USER a\rb' $'USER a\x1b[2J' $'USER a\tb' $'USER a\x7f' QUIT
	assert_refused 1 2 3 4
	refute grep $'\x1b' "$replies"
}

@test "no reply is longer than 512 octets, even with the longest name (RFC 2449 section 4)" {
	local name

	name=$(octets 64 n)
	account "$name"
	options+=(--hostname="$(octets 255 h)")
	session "USER $name" 'PASS secret' QUIT
	# sort_replies has measured them
	assert_reply 0 "+OK $(octets 255 h) POP3 server ready"
	assert_reply 2 "+OK $name's maildrop has 0 messages (0 octets)"
	assert_accepted 3
}

@test "half a line QUIT and the end of input is no QUIT (RFC 1939 section 6)" {
	local half

	mailbox_of 120 200
	remember_mailbox
	for half in Q QUI QUIT 'QUIT\r'; do
		converse < <(printf 'USER mrose\r\nPASS secret\r\nDELE 1\r\n'
			printf "$half")
		sort_replies 1 2 3
		assert_reply 3 '+OK message 1 deleted'
		assert_count 3
		assert_ended 0
		assert_mailbox_untouched
	done
}

@test "half a line PASS and the end of input is no login" {
	converse < <(printf 'USER mrose\r\nPASS secret')
	sort_replies 1
	assert_count 1
	assert_ended 0
}

@test "random octets are answered line by line and changes nothing" {
	mailbox_of 120
	remember_mailbox
	words
	python3 "$hostile/random_input.py" "${run[@]}" 2>"$log"
	assert_mailbox_untouched
}
