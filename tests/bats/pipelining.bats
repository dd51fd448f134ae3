# Commands that come together or in pieces, and how answers are sent.
load ../lib/common

# packets: what tests/clients/count_packets.py says of the commands on our input.
packets() {
	local run

	words
	python3 "$clients/count_packets.py" "${run[@]}" >"$replies" 2>"$log"
}

@test "many commands in one packet are answered in order (RFC 2449 section 6.6)" {
	mailbox_of 120 200
	transaction STAT 'LIST 1' NOOP 'DELE 1' 'LIST 2' XYZZY 'DELE 1' RSET \
		'LIST 2' QUIT
	assert_reply 1 '+OK 2 320'
	assert_reply 2 '+OK 1 120'
	assert_reply 3 '+OK'
	assert_reply 4 '+OK message 1 deleted'
	assert_reply 5 '+OK 2 200'
	assert_refused 6 7
	assert_accepted 8
	assert_reply 9 '+OK 2 200'
	assert_reply 10 '+OK dewey POP3 server signing off (2 messages left)'
}

@test "commands in one packet are answered in one packet (RFC 2449 section 6.6)" {
	local packets

	mailbox_of 120
	packets < <(printf 'STAT\r\n%.0s' {1..500}; printf 'QUIT\r\n')
	read -r packets _ <"$replies"
	# after the login: 3006 octets come in one read of at most 4096
	[ "$packets" -le 2 ]
	assert_equal "$(grep -c '^+OK 1 120' "$replies")" 500
}

@test "small messages in one packet of RETRs come in few packets (RFC 2449 section 6.6)" {
	local packets n

	mailbox_of 120 120 120 120 120 120 120 120 120 120
	packets < <(printf 'RETR %d\r\n' {1..10}; printf 'QUIT\r\n')
	read -r packets _ <"$replies"
	[ "$packets" -le 2 ]
	assert_equal "$(grep -c '^+OK 120 octets' "$replies")" 10
}

@test "USER and PASS may come in one packet with what follows (RFC 2449 section 6.6)" {
	mailbox_of 120 200
	open_session
	printf 'USER mrose\r\nPASS secret\r\nDELE 1\r\nSTAT\r\n' >&"$to"
	hear
	hear
	assert_equal "$heard" "+OK mrose's maildrop has 2 messages (320 octets)"
	hear
	hear
	assert_equal "$heard" '+OK 1 200'
	hang_up
}

@test "the commands after a refused PASS are answered in AUTHORIZATION" {
	mailbox_of 120
	remember_mailbox
	session 'USER mrose' 'PASS wrong' 'DELE 1' 'RETR 1' QUIT
	assert_refused 2 3 4
	assert_reply 5 '+OK dewey POP3 server signing off'
	assert_count 5
	assert_mailbox_untouched
}

@test "what follows QUIT in its packet is not executed" {
	mailbox_of 120 200
	transaction 'DELE 1' QUIT 'DELE 1' RSET
	assert_count 2
	session 'USER mrose' 'PASS secret' STAT
	assert_reply 3 '+OK 1 200'
}

@test "three hundred commands in one write are all answered" {
	local commands=() n

	mailbox_of 120
	for n in {1..300}; do
		commands+=('LIST 1')
	done
	transaction "${commands[@]}" QUIT
	assert_count 301
	assert_reply 300 '+OK 1 120'
}

@test "commands may be cut anywhere between packets" {
	mailbox_of 120 200
	words
	python3 "$hostile/byte_by_byte.py" "${run[@]}" \
		< <(printf '%s\r\n' 'USER mrose' 'PASS secret' STAT 'LIST 2' \
			QUIT) >"$replies" 2>"$log"
	sort_replies 'USER mrose' 'PASS secret' STAT 'LIST 2' QUIT
	assert_reply 3 '+OK 2 320'
	assert_reply 4 '+OK 2 200'
	assert_count 5
}

@test "a client that closes its sending side still gets all answers" {
	mailbox_of 120 200
	words
	python3 "$hostile/half_close.py" "${run[@]}" \
		< <(printf '%s\r\n' 'USER mrose' 'PASS secret' 'RETR 1' \
			'RETR 2' 'DELE 2' QUIT) >"$replies" 2>"$log"
	sort_replies 'USER mrose' 'PASS secret' 'RETR 1' 'RETR 2' 'DELE 2' QUIT
	assert_reply 4 '+OK 200 octets'
	assert_reply 6 '+OK dewey POP3 server signing off (1 message left)'
}
