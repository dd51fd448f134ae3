# TOP (RFC 1939 section 7).
load ../lib/common

three_lines() {
	deliver <<-'END'
		Subject: three lines
		To: mrose

		one
		two
		three
	END
}

@test "TOP sends the header, the empty line and so many lines (RFC 1939 section 7)" {
	three_lines
	transaction 'TOP 1 2'
	assert_body 1 'Subject: three lines' 'To: mrose' '' one two
}

@test "TOP n 0 sends the header and the empty line (RFC 1939 section 7)" {
	three_lines
	transaction 'TOP 1 0'
	assert_body 1 'Subject: three lines' 'To: mrose' ''
}

@test "TOP with exactly the number of lines sends all (RFC 1939 section 7)" {
	three_lines
	transaction 'TOP 1 3' 'RETR 1'
	assert_equal "${body[1]}" "${body[2]}"
}

@test "TOP with more lines than there are sends all (RFC 1939 section 7)" {
	three_lines
	transaction 'TOP 1 999999999' 'TOP 1 4294967296' \
		'TOP 1 18446744073709551615' 'RETR 1'
	assert_equal "${body[1]}" "${body[4]}"
	assert_equal "${body[2]}" "${body[4]}"
	assert_equal "${body[3]}" "${body[4]}"
}

@test "a number of lines that no number can hold is refused" {
	three_lines
	transaction 'TOP 1 18446744073709551616' NOOP
	assert_refused 1
	assert_accepted 2
}

@test "TOP wants both numbers (RFC 1939 section 7)" {
	three_lines
	transaction TOP 'TOP 1' 'TOP 1 x' 'TOP x 1' 'TOP 1 1 1' 'TOP 1 -1'
	assert_refused 1 2 3 4 5 6
}

@test "TOP says why there is nothing (RFC 1939 section 7)" {
	three_lines
	transaction 'TOP 2 0' 'DELE 1' 'TOP 1 0'
	assert_reply 1 '-ERR no such message'
	assert_reply 3 '-ERR message already deleted'
}

@test "TOP counts empty lines of the body as lines" {
	printf 'Subject: x\n\n\n\none\n' | deliver
	transaction 'TOP 1 1' 'TOP 1 2' 'TOP 1 3'
	assert_body 1 'Subject: x' '' ''
	assert_body 2 'Subject: x' '' '' ''
	assert_body 3 'Subject: x' '' '' '' one
}

@test "TOP of a message without a body sends what there is" {
	printf 'Subject: header only\n' | deliver
	printf 'Subject: empty body\n\n' | deliver
	transaction 'TOP 1 0' 'TOP 1 5' 'RETR 1' 'TOP 2 0' 'TOP 2 5' 'RETR 2'
	assert_equal "${body[1]}" "${body[3]}"
	assert_equal "${body[2]}" "${body[3]}"
	assert_equal "${body[4]}" "${body[6]}"
	assert_equal "${body[5]}" "${body[6]}"
	[[ ${body[4]} == $'Subject: empty body\n\n' ]]
}

@test "TOP of a message without a header sends lines of its body" {
	printf '\none\ntwo\n' | deliver
	transaction 'TOP 1 0' 'TOP 1 1'
	assert_body 1 ''
	assert_body 2 '' one
}

@test "TOP stuffs dots and hides the mailbox's headers as RETR does" {
	printf 'Subject: x\nStatus: RO\nX-UID: 5\n\n.one\n.two\n' | deliver
	transaction 'TOP 1 1' 'RETR 1'
	assert_body 1 'Subject: x' '' .one
	assert_body 2 'Subject: x' '' .one .two
}

@test "TOP finds the end of the header in a CRLF mailbox" {
	printf 'Subject: x\r\n\r\none\r\ntwo\r\n' | deliver
	transaction 'TOP 1 0' 'TOP 1 1'
	assert_body 1 'Subject: x' ''
	assert_body 2 'Subject: x' '' one
}

@test "TOP of a long line counts it once" {
	{
		printf 'Subject: x\n\n'
		head -c 200000 /dev/zero | tr '\0' y
		printf '\nsecond\nthird\n'
	} | deliver
	transaction 'TOP 1 1' 'TOP 1 2'
	[ "${#body[1]}" -eq 200013 ]
	[ "${#body[2]}" -eq 200020 ]
}

@test "TOP marks and changes nothing (RFC 1939 section 7)" {
	three_lines
	remember_mailbox
	transaction 'TOP 1 1' STAT QUIT
	assert_reply 2 '+OK 1 52'
	assert_mailbox_untouched
}
