# CAPA (RFC 2449) before and after the login.
load ../lib/common

@test "CAPA lists what there is (RFC 2449 section 5)" {
	session CAPA
	assert_accepted 1
	assert_body 1 USER 'SASL PLAIN' UIDL TOP RESP-CODES AUTH-RESP-CODE \
		PIPELINING 'EXPIRE NEVER' 'IMPLEMENTATION pop3-handler'
}

@test "CAPA says the same in both states (RFC 2449 section 5)" {
	session CAPA 'USER mrose' 'PASS secret' CAPA
	assert_accepted 1 4
	assert_equal "${body[4]}" "${body[1]}"
}

@test "CAPA says the same after DELE and after a refused login (RFC 2449 section 5)" {
	mailbox_of 120
	session CAPA 'USER mrose' 'PASS wrong' CAPA 'USER mrose' 'PASS secret' \
		'DELE 1' CAPA
	assert_refused 3
	assert_equal "${body[4]}" "${body[1]}"
	assert_equal "${body[8]}" "${body[1]}"
}

# capability = name *(SP param); a name begins with a letter or digit.
@test "each capability has the syntax of RFC 2449 section 8" {
	local line count=0

	session CAPA
	while IFS= read -r line; do
		count=$((count + 1))
		[[ $line =~ ^[A-Za-z0-9][A-Za-z0-9._-]*(\ [!-~]+)*$ ]]
		[ "${#line}" -le 510 ]
	done < <(printf %s "${body[1]}")
	[ "$count" -ge 8 ]
}

@test "no capability is listed twice (RFC 2449 section 5)" {
	session CAPA
	assert_equal "$(cut -d ' ' -f 1 <<<"${body[1]}" | sort | uniq -d)" ''
}

@test "EXPIRE and its parameter are two words (RFC 2449 section 6.7)" {
	session CAPA
	grep -qx 'EXPIRE NEVER' <<<"${body[1]}"
}

@test "every capability is true: what is listed works (RFC 2449 section 6)" {
	mailbox_of 120
	session CAPA 'USER mrose' 'PASS secret' 'TOP 1 0' 'UIDL 1'
	grep -qx USER <<<"${body[1]}"
	grep -qx TOP <<<"${body[1]}"
	grep -qx UIDL <<<"${body[1]}"
	assert_accepted 2 3 4 5
}

# assert_not_offered NAME COMMAND: in neither state.
assert_not_offered() {
	session CAPA "$2" 'USER mrose' 'PASS secret' CAPA "$2" QUIT
	refute grep -E "^$1( |$)" <<<"${body[1]}${body[5]}"
	assert_reply 2 '-ERR unknown command'
	assert_reply 6 '-ERR unknown command'
	assert_accepted 7
}

@test "UTF8 and LANG are not offered, nor taken in any state (RFC 6856 section 2)" {
	assert_not_offered UTF8 UTF8
	assert_not_offered LANG 'LANG en'
}

@test "what is not done is not listed: LOGIN-DELAY, APOP, CAPA itself (RFC 2449 section 6)" {
	session CAPA
	refute grep -E '^(LOGIN-DELAY|APOP|CAPA)' <<<"${body[1]}"
}

@test "a response code stands only where it belongs: not with mistakes of the client (RFC 2449 section 8)" {
	mailbox_of 120
	session XYZZY STAT 'USER a b' 'PASS x' 'CAPA x' 'USER mrose' \
		'PASS secret' 'RETR 9' 'DELE x' 'TOP 1' 'USER x'
	assert_refused 1 2 3 4 5 8 9 10 11
	refute grep -F -- '-ERR [' "$replies"
}

@test "a refused password is answered with [AUTH] (RFC 3206 section 4)" {
	session 'USER mrose' 'PASS wrong'
	[[ ${reply[2]} == '-ERR [AUTH] '* ]]
}

@test "CAPA takes no arguments (RFC 2449 section 5)" {
	session 'CAPA 1' CAPA
	assert_refused 1
	assert_accepted 2
}
