# What is a message of an mbox, and how many octets it has.
load ../lib/common

@test "a missing mailbox is an empty maildrop, and is not made" {
	transaction STAT LIST UIDL QUIT
	assert_reply 1 '+OK 0 0'
	[ ! -e "$mailbox" ]
}

@test "an empty mailbox is an empty maildrop" {
	mailbox_is </dev/null
	fetch
	assert_fetched_count 0
}

@test "a message comes without its From_ line and the empty line after it" {
	printf 'Subject: x\n\nbody\n' | deliver
	printf 'Subject: y\n\nbody\n' | deliver
	fetch
	printf 'Subject: x\n\nbody\n' | assert_fetched 1
	printf 'Subject: y\n\nbody\n' | assert_fetched 2
	assert_fetched_count 2
}

@test "a last line without an end gets one (RFC 1939 section 11)" {
	mailbox_of 120
	printf '%s\nSubject: x\n\nbody' "$from_line" >>"$mailbox"
	fetch
	printf 'Subject: x\n\nbody\n' | assert_fetched 2
}

@test "a last line without an end in the header gets one" {
	printf '%s\nSubject: x' "$from_line" | mailbox_is
	fetch
	printf 'Subject: x\n' | assert_fetched 1
}

@test "a last line that is a lone CR, or a dot without an end, is sent right" {
	printf '%s\nSubject: x\n\nbody\n.' "$from_line" | mailbox_is
	fetch
	printf 'Subject: x\n\nbody\n.\n' | assert_fetched 1
	printf '%s\nSubject: x\n\nbody\n\r' "$from_line" | mailbox_is
	fetch
	printf 'Subject: x\n\nbody\n\n' | assert_fetched 1
}

@test "mail that comes after a last line without an end is not part of it, if the agent ends it" {
	printf '%s\nSubject: x\n\nbody' "$from_line" | mailbox_is
	printf '\n\n' >>"$mailbox"
	mailbox_of 120
	fetch
	assert_fetched_count 2
	printf 'Subject: x\n\nbody\n' | assert_fetched 1
}

@test "a mailbox with CRLF line ends is sent with one CR each (RFC 1939 section 11)" {
	{
		printf '%s\r\nSubject: x\r\nStatus: RO\r\n\r\none\r\n.two\r\n\r\n' \
			"$from_line"
		printf '%s\r\nSubject: y\r\n\r\nbody\r\n\r\n' "$from_line"
	} | mailbox_is
	fetch
	assert_fetched_count 2
	printf 'Subject: x\n\none\n.two\n' | assert_fetched 1
	printf 'Subject: y\n\nbody\n' | assert_fetched 2
}

@test "of a mailbox with CRLF line ends the right message is removed" {
	local from="$from_line"$'\r\n'

	{
		printf '%sSubject: x\r\n\r\none\r\n\r\n' "$from"
		printf '%sSubject: y\r\n\r\ntwo\r\n\r\n' "$from"
	} | mailbox_is
	transaction 'DELE 1' QUIT
	printf '%sSubject: y\r\n\r\ntwo\r\n\r\n' "$from" | cmp - "$mailbox"
}

@test "LF and CRLF may be mixed, and stray CRs stay" {
	printf 'Subject: x\r\n\na\rb\n\rc\r\r\nd\r\n' | deliver
	fetch
	printf 'Subject: x\r\n\r\na\rb\r\n\rc\r\r\nd\r\n' |
		cmp - "$work/fetched/1"
}

@test "NULs in a message are sent as they are" {
	printf 'Subject: \0x\n\n\0\0\nbo\0dy\n\0' | deliver
	fetch
	printf 'Subject: \0x\n\n\0\0\nbo\0dy\n\0\n' | assert_fetched 1
}

@test "all octets are sent as they are" {
	local octal

	{
		printf 'Subject: all\n\n'
		for octal in {0..3}{0..7}{0..7}; do
			printf "\\$octal"
		done
	} >"$work/all"
	deliver <"$work/all"
	fetch
	{ cat "$work/all"; echo; } | assert_fetched 1
}

@test "a line of 100 MB is sent whole, and found in LIST" {
	{
		printf 'Subject: long\n\n'
		head -c 100000000 /dev/zero | tr '\0' x
		printf '\nend\n'
	} | deliver
	message 120 2 | deliver
	converse < <(printf '%s\r\n' 'USER mrose' 'PASS secret' LIST 'RETR 1' \
		QUIT)
	grep -aqx $'1 100000024\r' "$replies"
	grep -aqx $'2 120\r' "$replies"
	grep -aqx $'+OK 100000024 octets\r' "$replies"
	assert_equal "$(sed '1,/octets\r$/d' "$replies" | tail -n +3 | head -n 1 |
		tr -d '\r\n' | wc -c)" 100000000
	assert_equal "$(tail -n 3 "$replies" | head -n 1)" $'end\r'
	rm "$replies" "$mailbox"
}

@test "a mailbox of more than 4 GB has all its octets in STAT (RFC 1939 section 5)" {
	message 120 1 | deliver
	printf '%s\nSubject: x\n\n' "$from_line" >>"$mailbox"
	# a hole that reads as one line of NULs
	truncate -s $(($(stat -c %s "$mailbox") + 4294967296)) "$mailbox"
	transaction STAT 'LIST 2' 'RETR 1'
	assert_reply 1 '+OK 2 4294967432'
	assert_reply 2 '+OK 2 4294967312'
	assert_reply 3 '+OK 120 octets'
}

@test "a From in the body is no message without an empty line before it" {
	printf 'Subject: x\n\nbody\n%s\nmore\n' "$from_line" | deliver
	fetch
	assert_fetched_count 1
	printf 'Subject: x\n\nbody\n%s\nmore\n' "$from_line" | assert_fetched 1
}

@test "a From in the body is no message without a date" {
	printf 'Subject: x\n\nbody\n\nFrom here on it is clear.\nFrom \nFrom\n' |
		deliver
	fetch
	assert_fetched_count 1
	printf 'Subject: x\n\nbody\n\nFrom here on it is clear.\nFrom \nFrom\n' |
		assert_fetched 1
}

@test "a quoted From in the body stays quoted" {
	printf 'Subject: x\n\nbody\n\n>%s\n>>%s\n' "$from_line" "$from_line" |
		deliver
	fetch
	assert_fetched_count 1
	printf 'Subject: x\n\nbody\n\n>%s\n>>%s\n' "$from_line" "$from_line" |
		assert_fetched 1
}

@test "From_ lines of many agents begin a message" {
	local line count=0

	while IFS= read -r line; do
		printf '%s\nSubject: x\n\nbody\n\n' "$line" >>"$mailbox"
		count=$((count + 1))
	done <<-'END'
		From alice@example.org Mon Jan  1 00:00:00 2024
		From alice@example.org  Mon Jan 01 00:00:00 2024
		From alice Mon Jan  1 00:00 2024
		From - Mon Jan  1 00:00:00 2024
		From MAILER-DAEMON Mon Jan  1 00:00:00 2024
		From alice@example.org Mon Jan  1 00:00:00 CET 2024
		From alice@example.org Mon Jan  1 00:00:00 2024 +0100
		From "a b"@example.org Mon Jan  1 00:00:00 2024
		From alice@example.org Mon, 1 Jan 2024 00:00:00 +0000
		From alice@example.org Wed Dec 31 19:00:05 1969
		From alice@example.org Fri Jun 23 02:56:55 95
		From alice@example.org Fri, 23 Jun 95 02:56:55 +0100
		From alice@example.org Sat Jan  1 00:00:00 100
		From alice@example.org Sat Jan  1 00:00:00 19100
		From alice@example.org  Mon Oct 16 2023 23:18:56-0700
	END
	own "$mailbox"
	fetch
	assert_fetched_count "$count"
}

@test "text that ends in a short number is no From_ line" {
	deliver <<-'END'
		Subject: x

		From Mon Jan 1 10:00 95 people came

		From Mon Jan 1 at 10:00 to Tue 95

		From Mon, 1 Jan 95 at 10:00
	END
	fetch
	assert_fetched_count 1
}

@test "a message may be headers only" {
	printf 'Subject: one\n' | deliver
	printf 'Subject: two\nTo: mrose\n' | deliver
	message 120 3 | deliver
	fetch
	assert_fetched_count 3
	printf 'Subject: one\n\n' | assert_fetched 1
	printf 'Subject: two\nTo: mrose\n\n' | assert_fetched 2
}

@test "a message may have an empty body" {
	printf 'Subject: one\n\n' | deliver
	message 120 2 | deliver
	fetch
	assert_fetched_count 2
	printf 'Subject: one\n\n' | assert_fetched 1
}

@test "a message may be nothing at all" {
	printf '%s\n' "$from_line" | mailbox_is
	fetch
	assert_fetched_count 1
	[ ! -s "$work/fetched/1" ]
	deliver </dev/null
	fetch
}

@test "empty lines at the end of a message are its own, but for one" {
	printf 'Subject: x\n\nbody\n\n\n' | deliver
	message 120 2 | deliver
	fetch
	printf 'Subject: x\n\nbody\n\n\n' | assert_fetched 1
	assert_fetched_count 2
}

@test "a header may be continued, and a hidden one is hidden whole" {
	printf 'Subject: x\n continued\nX-Keywords: a\n\tb\n c\nTo: mrose\n\nbody\n' |
		deliver
	fetch
	printf 'Subject: x\n continued\nTo: mrose\n\nbody\n' | assert_fetched 1
}

@test "the mailbox's own headers are hidden and not counted, in any case" {
	deliver <<-'END'
		Status: RO
		Subject: x
		X-Status: A
		x-keywords: $Label1
		X-UID: 17
		X-IMAP: 1404 17
		X-IMAPBASE: 1404 17
		Content-Length: 5
		X-Statusquo: kept
		Status-X: kept

		body
		Status: in the body
	END
	fetch
	printf '%s\n' 'Subject: x' 'X-Statusquo: kept' 'Status-X: kept' '' body \
		'Status: in the body' | assert_fetched 1
}

@test "the mailbox's own headers are kept when another message is removed" {
	message 120 1 | deliver
	printf 'Status: RO\nSubject: x\nX-UID: 17\nContent-Length: 5\n\nbody\n' |
		deliver "$work/two"
	cat "$work/two" >>"$mailbox"
	transaction 'DELE 1' QUIT
	cmp "$work/two" "$mailbox"
}

c_client_message() {
	echo 'From MAILER-DAEMON Mon Jan  1 00:00:00 2024'
	echo 'Date: 01 Jan 2024 00:00:00 +0000'
	echo 'From: Mail System Internal Data <MAILER-DAEMON@example.org>'
	echo "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA"
	echo 'X-IMAP: 1404 0000000002'
	printf 'Status: RO\n\nThis text is part of the internal format.\n\n'
}

@test "c-client's own message is hidden" {
	c_client_message | mailbox_is
	mailbox_of 120 200
	fetch
	assert_fetched_count 2
	message 120 1 | assert_fetched 1
}

@test "c-client's own message stays when all others are removed" {
	c_client_message | mailbox_is
	mailbox_of 120 200
	transaction 'DELE 1' 'DELE 2' QUIT
	assert_reply 3 '+OK dewey POP3 server signing off (maildrop empty)'
	c_client_message | cmp - "$mailbox"
}

@test "what Dovecot leaves in a mailbox that it has emptied is no message" {
	mailbox_is <"$corpus/uidl/dovecot.emptied.mbox"
	fetch
	assert_fetched_count 0
	mailbox_is <"$corpus/uidl/dovecot.emptied-then-one.mbox"
	fetch
	assert_fetched_count 1
}

@test "a mailbox of nothing but c-client's own message is an empty maildrop" {
	c_client_message | mailbox_is
	transaction STAT 'RETR 1' 'DELE 1' QUIT
	assert_reply 1 '+OK 0 0'
	assert_refused 2 3
	c_client_message | cmp - "$mailbox"
}

@test "a stranger's mail with the subject of c-client's message is not hidden" {
	printf 'Subject: %s\nX-IMAP: 1 1\n\nbody\n' \
		"DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA" | deliver
	c_client_message >>"$mailbox"
	fetch
	assert_fetched_count 2
}

@test "a true Content-Length keeps From_ lines in the body" {
	local text

	text=$(printf 'quoted:\n\n%s\nSubject: trap\n\nend' "$from_line")
	printf 'Subject: x\nContent-Length: %d\n\n%s\n' $((${#text} + 1)) \
		"$text" | deliver
	message 120 2 | deliver
	fetch
	assert_fetched_count 2
	printf 'Subject: x\n\n%s\n' "$text" | assert_fetched 1
}

@test "a false Content-Length is not believed" {
	local length

	for length in 0 1 4 6 70 100000 4294967301 18446744073709551615 \
		99999999999999999999999 -5 5x '' ' '; do
		mailbox_is </dev/null
		printf 'Subject: x\nContent-Length: %s\n\nbody\n' "$length" |
			deliver
		message 120 2 | deliver
		message 120 3 | deliver
		transaction STAT 'RETR 1'
		assert_reply 1 '+OK 3 260'
		assert_body 2 'Subject: x' '' body
	done
}

# The mailbox without From_ lines, hidden headers and empty lines is all the
# messages without empty lines.
assert_corpus() {
	local file=$corpus/$1.mbox subjects

	mailbox_is <"$file"
	fetch
	assert_fetched_count 7
	subjects=$(for n in {1..7}; do
		sed -n '/^Subject: /{s///p;q}' "$work/fetched/$n"
	done | tr -d '\r')
	assert_equal "$subjects" "$(grep -A 999 '^From [a-z]*@.* Nov 23 ' \
		"$file" | awk '/^From [a-z]*@.* Nov 23 / { header = 1 }
		/^$/ { header = 0 }
		header && sub(/^Subject: /, "") { print }')"
	cat "$work"/fetched/[1-7] | tr -d '\r' | grep -v '^$' >"$work/got"
	grep -v -e '^From [a-z]*@.* Nov 23 ' -e '^$' -e '^Content-Length:' \
		-e '^X-IMAPbase:' -e '^X-UID:' -e '^X-Keywords:' \
		-e '^Status:' "$file" | diff - "$work/got"
}

@test "mail as exim4 wrote it is seven messages" {
	assert_corpus exim4
}

@test "mail as maildrop wrote it is seven messages" {
	assert_corpus maildrop
}

@test "mail as Mailutils' mda wrote it is seven messages" {
	assert_corpus mailutils-mda
}

@test "mail as procmail wrote it, not quoted, is seven messages" {
	assert_corpus procmail-content-length
}

@test "mail as dovecot-lda wrote it, not quoted, is seven messages" {
	assert_corpus dovecot-lda
}

@test "each of the real agents' messages can be removed alone" {
	local file n kept

	for file in "$corpus"/*.mbox; do
		for n in {1..7}; do
			mailbox_is <"$file"
			transaction UIDL "DELE $n" QUIT
			# the ids are of the content
			kept=$(cut -d ' ' -f 2 <<<"${body[1]}" | sed "${n}d")
			transaction UIDL
			assert_equal "$(printf %s "${body[1]}" |
				cut -d ' ' -f 2)" "$kept"
		done
	done
}

# assert_shown_whole: one message, and what was fetched of it is the mailbox.
assert_shown_whole() {
	fetch
	assert_fetched_count 1
	sed 's/\r$//; $a\' "$mailbox" | assert_fetched 1
}

@test "a small mailbox whose lines end in CR alone is sent whole" {
	{ echo "$from_line"; message 120 1; echo
	  echo "$from_line"; message 200 2; echo; } | tr '\n' '\r' | mailbox_is
	transaction STAT
	[[ ${reply[1]} != '+OK 1 0' ]]
	assert_shown_whole
}

@test "a large mailbox whose lines end in CR alone is refused and left alone" {
	mailbox_of 1200 200
	tr '\n' '\r' <"$mailbox" >"$work/cr"
	mailbox_is <"$work/cr"
	remember_mailbox
	session 'USER mrose' 'PASS secret' 'DELE 1' QUIT
	[[ ${reply[2]} == '-ERR [SYS/PERM] '* ]]
	assert_mailbox_untouched
}

@test "nothing but a From_ line and the mailbox's own headers is shown as empty" {
	local text

	for text in '\r' '\rSubject: x\r\rbody' '\rStatus: RO' ' \0\0\0' \
		'\rx\nStatuses: RO\n' ' \0\n' '\r\r\n' '\r\r\nx\r\r\n'; do
		printf "$from_line$text" | mailbox_is
		transaction STAT
		if [ "$text" = '\r' ]; then
			assert_reply 1 '+OK 1 0'
		else
			[[ ${reply[1]} != '+OK 1 0' ]]
			fetch
			grep -qF "$from_line" "$work/fetched/1"
		fi
	done
}

@test "messages after a From_ line with a CR inside are their own" {
	mailbox_of 120
	printf '%s\rremote\nSubject: odd\n\nbody\n\n' "$from_line" >>"$mailbox"
	mailbox_of 200
	fetch
	assert_fetched_count 3
	transaction 'DELE 2' QUIT
	transaction STAT
	assert_reply 1 '+OK 2 320'
}

@test "a file that is no mbox is refused and left alone" {
	local text

	for text in 'Hello' 'Hello\n' 'Subject: x\n\nbody\n' 'From \n' 'From' \
		'From alice\nSubject: x\n' ' From alice Mon Jan  1 00:00:00 2024' \
		'>From alice Mon Jan  1 00:00:00 2024\n' '\0\0\0\0' '\x7fELF'; do
		printf "$text" | mailbox_is
		remember_mailbox
		session 'USER mrose' 'PASS secret' 'DELE 1' QUIT
		[[ ${reply[2]} == '-ERR [SYS/PERM] '* ]]
		assert_count 2
		assert_ended 0
		assert_mailbox_untouched
	done
}

@test "empty lines before the first From_ line are kept and hidden" {
	printf '\n\n' | mailbox_is
	transaction STAT
	assert_reply 1 '+OK 0 0'
	mailbox_of 120 200
	transaction 'LIST 1' 'DELE 1' QUIT
	assert_reply 1 '+OK 1 120'
	transaction STAT
	assert_reply 1 '+OK 1 200'
}

@test "ten thousand messages are listed" {
	local n

	for n in {1..10000}; do
		printf '%s\nSubject: %d\n\nbody\n\n' "$from_line" "$n"
	done | mailbox_is
	converse < <(printf '%s\r\n' 'USER mrose' 'PASS secret' 'LIST 10000' \
		UIDL 'DELE 5000' QUIT)
	grep -qx $'+OK 10000 24\r' "$replies"
	assert_equal "$(grep -cE '^[0-9]+ ' "$replies")" 10000
	transaction STAT 'RETR 5000'
	[[ ${reply[1]} == '+OK 9999 '* ]]
	[[ ${body[2]} == 'Subject: 5001'* ]]
}

@test "a true Content-Length is believed before an agent that begins with an empty line" {
	local text

	text=$(printf 'quoted:\n\n%s\nSubject: trap\n\nend' "$from_line")
	printf 'Subject: x\nContent-Length: %d\n\n%s\n' $((${#text} + 1)) \
		"$text" | deliver
	echo >>"$mailbox"
	message 120 2 | deliver
	fetch
	assert_fetched_count 2
	printf 'Subject: x\n\n%s\n\n' "$text" | assert_fetched 1
}
