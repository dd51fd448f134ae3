# A whole session, byte for byte as RFC 1939 shows it.
load ../lib/common

@test "a whole session reads as RFC 1939's own examples, byte for byte (RFC 1939 section 10)" {
	mailbox_of 120 200
	session 'USER mrose' 'PASS secret' STAT LIST 'RETR 1' 'DELE 1' \
		'RETR 2' 'DELE 2' QUIT
	{
		echo '+OK dewey POP3 server ready'
		echo '+OK mrose'
		echo "+OK mrose's maildrop has 2 messages (320 octets)"
		echo '+OK 2 320'
		echo '+OK 2 messages (320 octets)'
		echo '1 120'
		echo '2 200'
		echo '.'
		echo '+OK 120 octets'
		message 120 1
		echo '.'
		echo '+OK message 1 deleted'
		echo '+OK 200 octets'
		message 200 2
		echo '.'
		echo '+OK message 2 deleted'
		echo '+OK dewey POP3 server signing off (maildrop empty)'
	} | sed 's/$/\r/' >"$work/expected"
	cmp "$work/expected" "$replies"
	assert_ended 0
}

@test "the dialogue leaves an empty mailbox that is still there" {
	mailbox_of 120 200
	transaction 'DELE 1' 'DELE 2' QUIT
	[ -f "$mailbox" ]
	[ ! -s "$mailbox" ]
}

@test "the dialogue is the same when each command waits for its answer (RFC 1939 section 3)" {
	mailbox_of 120 200
	open_session
	assert_equal "$heard" '+OK dewey POP3 server ready'
	ask 'USER mrose' '+OK mrose'
	ask 'PASS secret' "+OK mrose's maildrop has 2 messages (320 octets)"
	ask STAT '+OK 2 320'
	ask 'LIST 2' '+OK 2 200'
	ask 'DELE 1' '+OK message 1 deleted'
	ask 'DELE 2' '+OK message 2 deleted'
	ask QUIT '+OK dewey POP3 server signing off (maildrop empty)'
	finish_session
	assert_equal "$rest" ''
	assert_ended 0
}

@test "one message is told of in the singular" {
	mailbox_of 120 200
	transaction 'DELE 1' LIST RSET 'DELE 2' QUIT
	assert_reply 2 '+OK 1 message (200 octets)'
	assert_reply 3 '+OK maildrop has 2 messages (320 octets)'
	assert_reply 5 '+OK dewey POP3 server signing off (1 message left)'
}

@test "what is left is told of in the plural" {
	mailbox_of 120 200 99
	transaction 'DELE 1' QUIT
	assert_reply 2 '+OK dewey POP3 server signing off (2 messages left)'
}

@test "a name that looks like a response code is none in the answer to PASS (RFC 2449 section 8)" {
	account '[IN-USE]'
	session 'USER [IN-USE]' 'PASS secret' QUIT
	assert_reply 2 '+OK maildrop has 0 messages (0 octets)'
}
