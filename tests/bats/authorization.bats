# USER, PASS and QUIT before the login, and what is refused.
load ../lib/common

@test "a correct name and password are welcome (RFC 1939 section 7)" {
	session 'USER mrose' 'PASS secret' QUIT
	assert_reply 1 '+OK mrose'
	assert_reply 2 "+OK mrose's maildrop has 0 messages (0 octets)"
	assert_reply 3 '+OK dewey POP3 server signing off (maildrop empty)'
	assert_ended 0
}

@test "keywords are case-insensitive (RFC 1939 section 3)" {
	session 'user mrose' 'pAsS secret' 'stat' 'Quit'
	assert_accepted 0 1 2 3 4
}

@test "passwords are case-sensitive" {
	session 'USER mrose' 'PASS Secret'
	assert_refused 2
}

@test "QUIT before login says goodbye (RFC 1939 section 4)" {
	session QUIT
	assert_reply 1 '+OK dewey POP3 server signing off'
	assert_ended 0
}

@test "QUIT before login changes nothing (RFC 1939 section 6)" {
	mailbox_of 120 200
	remember_mailbox
	session 'USER mrose' QUIT
	assert_mailbox_untouched
}

@test "nothing is answered after QUIT" {
	session QUIT NOOP CAPA
	assert_count 1
}

@test "no command of the TRANSACTION state works before login (RFC 1939 section 3)" {
	session STAT LIST 'LIST 1' UIDL 'RETR 1' 'TOP 1 1' 'DELE 1' RSET NOOP
	assert_refused 1 2 3 4 5 6 7 8 9
	assert_count 9
}

@test "USER and PASS do not work after login (RFC 1939 section 3)" {
	transaction 'USER mrose' 'PASS secret' NOOP
	assert_refused 1 2
	assert_accepted 3
}

@test "PASS wants USER first (RFC 1939 section 7)" {
	session 'PASS secret' QUIT
	assert_reply 1 '-ERR say USER first'
}

@test "PASS must come right after USER (RFC 1939 section 7)" {
	session 'USER mrose' CAPA 'PASS secret' QUIT
	assert_reply 3 '-ERR say USER first'
}

@test "a bad line between USER and PASS forgets the name" {
	session 'USER mrose' XYZZY 'PASS secret' QUIT
	assert_reply 3 '-ERR say USER first'
}

@test "a refused USER does not leave an earlier name standing" {
	session 'USER mrose' USER 'PASS secret' 'USER mrose' 'USER a b' \
		'PASS secret' QUIT
	assert_refused 2 3 5 6
}

@test "the last USER counts" {
	session 'USER nobody-here' 'USER mrose' 'PASS secret' QUIT
	assert_accepted 1 2 3 4
}

@test "USER and PASS want an argument (RFC 1939 section 7)" {
	session USER 'USER ' 'USER mrose' PASS STAT QUIT
	assert_refused 1 2 4 5
	assert_reply 4 '-ERR bad arguments'
}

@test "a wrong password and an unknown name get the same answer (RFC 1939 section 13)" {
	session 'USER mrose' 'PASS wrong' 'USER nobody-here' 'PASS wrong'
	assert_reply 2 '-ERR [AUTH] user name or password is wrong'
	assert_reply 4 "${reply[2]}"
	assert_reply 3 '+OK nobody-here'
}

@test "a refused login is not the end: the next may succeed (RFC 1939 section 4)" {
	session 'USER mrose' 'PASS wrong' 'USER mrose' 'PASS secret' QUIT
	assert_refused 2
	assert_accepted 3 4 5
}

@test "a refused PASS wants USER again (RFC 1939 section 7)" {
	session 'USER mrose' 'PASS wrong' 'PASS secret' QUIT
	assert_reply 2 '-ERR [AUTH] user name or password is wrong'
	assert_reply 3 '-ERR say USER first'
}

@test "after three refused logins the server hangs up" {
	session 'USER mrose' 'PASS one' 'USER mrose' 'PASS two' \
		'USER mrose' 'PASS three' 'USER mrose' 'PASS secret' QUIT
	assert_reply 6 '-ERR [AUTH] user name or password is wrong, too often'
	assert_count 6
	assert_ended 0
	assert_equal "$(grep -c ': refused: .* user=mrose reason=auth$' "$log")" 3
	assert_logged 'session: .* user=- .* reason=refused tls=none'
}

@test "PASS keeps every octet after its one space (RFC 1939 section 7)" {
	account spaces '$1$saltsalt$IvSbu8y3TLHcUOK3IKERK0'
	session 'USER spaces' 'PASS  two  words ' QUIT
	assert_accepted 2
}

@test "the spaces of a password cannot be left out (RFC 1939 section 7)" {
	account spaces '$1$saltsalt$IvSbu8y3TLHcUOK3IKERK0'
	session 'USER spaces' 'PASS two  words' QUIT
	assert_refused 2
}

@test "a password may be one space (RFC 1939 section 7)" {
	account space '$1$saltsalt$BjIjAFO3APi/SI/Vt5h040'
	session 'USER space' 'PASS  ' QUIT
	assert_accepted 2
}

@test "a password may hold 8-bit octets" {
	account eight '$1$saltsalt$zBYDRhhjPN.gma/yV.L.L/'
	session 'USER eight' $'PASS \xc3\xa9\xff' QUIT
	assert_accepted 2
}

@test "a password may hold control characters" {
	account control '$1$saltsalt$YmYY.4pabEt1HZ8YNlFnN0'
	session 'USER control' $'PASS \tsec\x7fret' QUIT
	assert_accepted 2
}

@test "a PASS line of 255 octets is a password of 248 (RFC 2449 section 4)" {
	account long '$1$saltsalt$kziG2Ovo/w/7BaWzsZW3r/'
	session 'USER long' "PASS $(printf '%248s' '' | tr ' ' x)" QUIT
	assert_accepted 2
}

@test "of a long password no octet is cut off" {
	account long '$1$saltsalt$kziG2Ovo/w/7BaWzsZW3r/'
	session 'USER long' "PASS $(printf '%247s' '' | tr ' ' x)" QUIT
	assert_refused 2
}

@test "a NUL does not end a password" {
	converse < <(printf 'USER mrose\r\nPASS secret\0more\r\n'
		printf 'USER mrose\r\nPASS secret\0\r\n')
	sort_replies 1 2 3 4
	assert_refused 2 4
	assert_count 4
}

@test "a second space is no part of a name" {
	session 'USER  mrose' QUIT
	assert_refused 1
}

@test "the password of one account opens no other" {
	account jdoe '$1$saltsalt$IvSbu8y3TLHcUOK3IKERK0'
	session 'USER jdoe' 'PASS secret' QUIT
	assert_refused 2
}

@test "an end of input before login ends the session properly" {
	session 'USER mrose'
	assert_count 1
	assert_ended 0
}

@test "APOP is not offered: the greeting has no timestamp (RFC 1939 section 7)" {
	session 'APOP mrose c4c9334bac560ecc979e58001b3e22fb' QUIT
	[[ ${reply[0]} != *'<'* ]]
	assert_reply 1 '-ERR unknown command'
}

@test "no command outside the standard is known" {
	session XTND LAST XYZZY HELP QUIT
	assert_refused 1 2 3 4
}

@test "a name in brackets is not said as a response code (RFC 2449 section 6.4)" {
	session 'USER [IN-USE]' QUIT
	assert_reply 1 '+OK'
}
