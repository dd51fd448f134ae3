# STAT, LIST, RETR, DELE, NOOP and RSET (RFC 1939 section 5).
load ../lib/common

@test "PASS's answer tells what the maildrop has (RFC 1939 section 7)" {
	mailbox_of 120 200
	transaction
	assert_reply 0 "+OK mrose's maildrop has 2 messages (320 octets)"
}

@test "STAT counts messages and octets, and nothing follows them (RFC 1939 section 5)" {
	mailbox_of 120 200
	transaction STAT
	assert_reply 1 '+OK 2 320'
}

@test "STAT does not count deleted messages (RFC 1939 section 5)" {
	mailbox_of 120 200 77
	transaction 'DELE 1' STAT 'DELE 3' STAT
	assert_reply 2 '+OK 2 277'
	assert_reply 4 '+OK 1 200'
}

@test "STAT of an empty maildrop is zero and zero (RFC 1939 section 5)" {
	mailbox_is </dev/null
	transaction STAT
	assert_reply 1 '+OK 0 0'
}

@test "LIST of one message is one line (RFC 1939 section 5)" {
	mailbox_of 120 200
	transaction 'LIST 2'
	assert_reply 1 '+OK 2 200'
}

@test "LIST of an empty maildrop is an empty list (RFC 1939 section 5)" {
	transaction LIST
	assert_reply 1 '+OK 0 messages (0 octets)'
	assert_body 1
}

@test "LIST leaves out deleted messages (RFC 1939 section 5)" {
	mailbox_of 120 200 77
	transaction 'DELE 2' LIST
	assert_reply 2 '+OK 2 messages (197 octets)'
	assert_body 2 '1 120' '3 77'
}

@test "UIDL leaves out deleted messages (RFC 1939 section 7)" {
	mailbox_of 120 200 77
	transaction UIDL 'DELE 2' UIDL
	assert_body 3 "$(sed -n 1p <<<"${body[1]}")" \
		"$(sed -n 3p <<<"${body[1]}")"
}

@test "message numbers never move, in LIST, UIDL, TOP and RETR (RFC 1939 section 4)" {
	mailbox_of 120 200 77
	transaction 'UIDL 3' 'DELE 1' 'LIST 3' 'UIDL 3' 'RETR 3' 'TOP 3 0' \
		'DELE 2' LIST UIDL
	assert_reply 3 '+OK 3 77'
	assert_reply 4 "${reply[1]}"
	[[ ${body[5]} == 'Subject: 3'* ]]
	[[ ${body[6]} == 'Subject: 3'* ]]
	assert_body 8 '3 77'
	assert_body 9 "${reply[1]#+OK }"
}

@test "a deleted message cannot be deleted again (RFC 1939 section 5)" {
	mailbox_of 120 200
	transaction 'DELE 1' 'DELE 1' STAT
	assert_reply 2 '-ERR message already deleted'
	assert_reply 3 '+OK 1 200'
}

@test "a deleted message cannot be listed (RFC 1939 section 5)" {
	mailbox_of 120 200
	transaction 'DELE 1' 'LIST 1' 'UIDL 1'
	assert_reply 2 '-ERR message already deleted'
	assert_reply 3 '-ERR message already deleted'
}

@test "a deleted message cannot be fetched (RFC 1939 section 5)" {
	mailbox_of 120 200
	transaction 'DELE 1' 'RETR 1' 'TOP 1 0'
	assert_refused 2 3
}

@test "RSET brings all deleted messages back (RFC 1939 section 5)" {
	mailbox_of 120 200
	transaction 'DELE 1' 'DELE 2' STAT RSET STAT 'RETR 1'
	assert_reply 3 '+OK 0 0'
	assert_reply 4 '+OK maildrop has 2 messages (320 octets)'
	assert_reply 5 '+OK 2 320'
	assert_reply 6 '+OK 120 octets'
}

@test "a message that RSET brought back can be deleted again (RFC 1939 section 5)" {
	mailbox_of 120 200
	transaction 'DELE 1' RSET 'DELE 1' QUIT
	assert_reply 3 '+OK message 1 deleted'
	assert_reply 4 '+OK dewey POP3 server signing off (1 message left)'
}

@test "NOOP does nothing (RFC 1939 section 5)" {
	mailbox_of 120
	transaction NOOP STAT
	assert_reply 1 '+OK'
	assert_reply 2 '+OK 1 120'
}

@test "a message number beyond the last is refused (RFC 1939 section 5)" {
	mailbox_of 120 200
	transaction 'LIST 3' 'UIDL 3' 'RETR 3' 'TOP 3 0' 'DELE 3' STAT
	assert_refused 1 2 3 4 5
	assert_reply 1 '-ERR no such message'
	assert_reply 6 '+OK 2 320'
}

@test "there is no message 0 (RFC 1939 section 4)" {
	mailbox_of 120
	transaction 'LIST 0' 'UIDL 0' 'RETR 0' 'TOP 0 0' 'DELE 0' 'DELE 00'
	assert_refused 1 2 3 4 5 6
}

@test "numbers are digits and nothing else (RFC 1939 section 3)" {
	mailbox_of 120
	transaction 'RETR 1x' 'RETR +1' 'RETR -1' 'RETR 1.0' 'RETR 0x1' \
		'RETR 1e0' 'RETR x' 'RETR 1,' $'RETR \xb9' 'RETR 1-1' STAT
	assert_refused 1 2 3 4 5 6 7 8 9 10
	assert_accepted 11
	transaction 'DELE 1x' 'DELE +1' 'DELE -1' 'DELE 1.0' 'LIST 1x' \
		'UIDL +1' 'TOP 1x 0' 'TOP 1 0x' 'TOP 1 -1' STAT
	assert_refused 1 2 3 4 5 6 7 8 9
	assert_reply 10 '+OK 1 120'
}

@test "no number overflows into another" {
	mailbox_of 120
	transaction 'RETR 4294967297' 'DELE 4294967297' 'LIST 4294967297' \
		'RETR 18446744073709551617' 'DELE 18446744073709551617' \
		'DELE 340282366920938463463374607431768211457' \
		'UIDL 9223372036854775809' 'RETR 65537' 'RETR 257' STAT
	assert_refused 1 2 3 4 5 6 7 8 9
	assert_reply 10 '+OK 1 120'
}

@test "leading zeros do not make another number" {
	mailbox_of 120 200
	transaction 'LIST 02' 'LIST 00000000000000000000000000000002'
	assert_reply 1 '+OK 2 200'
	assert_reply 2 '+OK 2 200'
}

@test "RETR and DELE want a number (RFC 1939 section 5)" {
	mailbox_of 120
	transaction RETR DELE 'RETR ' 'DELE ' TOP 'TOP 1' \
		'TOP 1 ' 'TOP  1 0' 'TOP 1  0' STAT
	assert_refused 1 2 3 4 5 6 7 8 9
	assert_reply 10 '+OK 1 120'
}

@test "surplus arguments are refused (RFC 1939 section 3)" {
	mailbox_of 120 200
	transaction 'STAT 1' 'LIST 1 2' 'RETR 1 2' 'DELE 1 2' 'NOOP x' \
		'RSET 1' 'TOP 1 0 0' 'UIDL 1 2' 'CAPA x' STAT
	assert_refused 1 2 3 4 5 6 7 8 9
	assert_reply 10 '+OK 2 320'
}

# As node-pop3 before 0.9.1 sends them.
@test "a space where no argument follows is none" {
	mailbox_of 120 200
	converse < <(printf '%s\r\n' 'CAPA ' 'USER mrose' 'PASS secret' 'STAT ' \
		'NOOP  ' 'LIST ' 'UIDL ' 'LIST 2 ' 'DELE 1 ' 'RSET ' 'QUIT ')
	refute grep -q '^-ERR' "$replies"
	assert_equal "$(grep -c '^+OK' "$replies")" 12
	grep -q $'^+OK 2 200\r' "$replies"
	grep -q 'signing off (2 messages left)' "$replies"
}

@test "numbers are separated by one space, not by tabs (RFC 1939 section 3)" {
	mailbox_of 120
	transaction $'RETR\t1' $'DELE 1\t' $'TOP 1\t0' 'DELE  1' ' STAT' STAT
	assert_refused 1 2 3 4 5
	assert_reply 6 '+OK 1 120'
}

@test "RETR sends the message as often as it is asked for (RFC 1939 section 5)" {
	mailbox_of 120
	transaction 'RETR 1' 'RETR 1'
	assert_equal "${body[1]}" "${body[2]}"
	assert_body 1 'Subject: 1' '' "$(printf '%104s' '' | tr ' ' x)"
}

@test "lines that begin with a dot are stuffed with another (RFC 1939 section 3)" {
	deliver <<-'END'
		Subject: dots

		.
		..
		...x
		x.
	END
	transaction 'RETR 1' 'LIST 1'
	tr -d '\r' <"$replies" | grep -qx '\.\.'
	tr -d '\r' <"$replies" | grep -qx '\.\.\.'
	tr -d '\r' <"$replies" | grep -qx '\.\.\.\.x'
	assert_body 1 'Subject: dots' '' . .. ...x x.
	assert_reply 2 '+OK 1 34'
}

@test "a dot as the very first octet of a message is stuffed (RFC 1939 section 3)" {
	printf '.hidden: x\n\nbody\n' | deliver
	printf '.\n\nbody\n' | deliver
	transaction 'RETR 1' 'TOP 1 0' 'RETR 2' 'TOP 2 1'
	assert_body 1 '.hidden: x' '' body
	assert_body 2 '.hidden: x' ''
	assert_body 3 . '' body
	assert_body 4 . '' body
	assert_equal "$(grep -c '^\.\.' "$replies")" 4
}

@test "retrieving writes nothing to the mailbox" {
	mailbox_of 120 200
	remember_mailbox
	transaction STAT LIST UIDL 'RETR 1' 'TOP 2 1' 'RETR 2' QUIT
	assert_mailbox_untouched
	[ ! "$mailbox" -nt "$work/remembered" ]
}

@test "a message keeps its 8-bit octets, and the reply is counted in octets" {
	printf 'Subject: \xc3\xa9\n\n\xff\xfe\x80\n' | deliver
	transaction 'RETR 1'
	assert_reply 1 '+OK 20 octets'
	assert_body 1 $'Subject: \xc3\xa9' '' $'\xff\xfe\x80'
}
