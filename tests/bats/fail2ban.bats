# The filter for fail2ban, by fail2ban's own reader, on lines of our own.
load ../lib/common

filter=$BATS_TEST_DIRNAME/../../units/fail2ban/filter.d/pop3-handler.conf

setup_file() {
	command -v fail2ban-regex >/dev/null || skip 'needs fail2ban-regex'
}

# lines FORM NAME...: what the handler logs of a refused login of each name
# from 127.0.0.1 (::1 for FORM6), as a file that fail2ban reads: in the form of
# syslog, or of the journal as fail2ban puts it together.
lines() {
	local form=$1 address=127.0.0.1 name prefix

	shift
	[ "$form" != syslog6 ] || address=::1
	prefix='Nov 24 12:00:00 dewey pop3-handler[123]: '
	for name; do
		refused_from "$address" "$name"
		sed "s/^pop3-handler: /$prefix/" "$log" >>"$work/lines"
	done
}

refused_from() {
	local run

	words
	printf 'USER %s\r\nPASS wrong\r\nQUIT\r\n' "$2" |
		python3 "$clients/over_tcp.py" "$1" "$1" "${run[@]}" 2>"$log"
}

# found ADDRESS COUNT: the filter finds so many lines, all of that address.
found() {
	local addresses

	# a filter stands beside those it includes
	mkdir "$work/filter.d"
	cp /etc/fail2ban/filter.d/common.conf "$filter" "$work/filter.d"
	addresses=$(fail2ban-regex --out '<ip>' "$work/lines" \
		"$work/filter.d/pop3-handler.conf")
	assert_equal "$(printf '%s\n' "$addresses" | grep -c .)" "$2"
	assert_equal "$(printf '%s\n' "$addresses" | sort -u)" "$1"
}

@test "fail2ban finds refused logins and their address" {
	lines syslog mrose root nobody@example.org
	found 127.0.0.1 3
}

@test "fail2ban finds refused logins over IPv6" {
	lines syslog6 mrose root
	found ::1 2
}

@test "fail2ban is not misled by names" {
	lines syslog 'x client=9.9.9.9 user=y' 'client=9.9.9.9' '[9.9.9.9]' \
		"refused:" 'a=b;reason=none,"x"' '%s%n' $'x\x1b[2J' '../x' \
		"$(head -c 240 /dev/zero | tr '\0' m)"
	# a name with a space, or of 8-bit octets, is no USER command at all
	found 127.0.0.1 7
}

@test "fail2ban takes no other line for a refused login" {
	mailbox_of 120
	transaction QUIT
	sed 's/^pop3-handler: /Nov 24 12:00:00 dewey pop3-handler[123]: /' \
		"$log" >"$work/lines"
	cat >>"$work/lines" <<-'END'
		Nov 24 12:00:00 dewey pop3-handler[1]: refused: client=192.0.2.7 user=mrose reason=system
		Nov 24 12:00:00 dewey pop3-handler[1]: refused: client=192.0.2.7 user=mrose reason=cleartext
		Nov 24 12:00:00 dewey pop3-handler[1]: refused: client=192.0.2.7 user=mrose reason=expired
		Nov 24 12:00:00 dewey pop3-handler[1]: refused: client=192.0.2.7 user=mrose reason=locked
		Nov 24 12:00:00 dewey pop3-handler[1]: refused: client=192.0.2.7 user=mrose reason=in-use
		Nov 24 12:00:00 dewey pop3-handler[1]: refused: client=local user=mrose reason=auth
		Nov 24 12:00:00 dewey pop3-handler[1]: login: client=192.0.2.7 user=mrose
		Nov 24 12:00:00 dewey other[1]: refused: client=192.0.2.7 user=mrose reason=auth
		Nov 24 12:00:00 dewey pop3-handler[1]: x refused: client=192.0.2.7 user=mrose reason=auth
		Nov 24 12:00:00 dewey pop3-handler[1]: refused: client=192.0.2.7 user=mrose reason=auth x
	END
	found '' 0
}

@test "fail2ban finds the lines that stand in the journal" {
	cat >"$work/lines" <<-'END'
		2026-11-24T12:00:00.123456 dewey pop3-handler[1]: refused: client=192.0.2.7 user=mrose reason=auth
		2026-11-24T12:00:00.123456 dewey pop3-handler[1]: refused: client=192.0.2.7 user=- reason=auth
		2026-11-24T12:00:00.123456 dewey pop3-handler[1]: refused: client=192.0.2.7 user=odd reason=unusable-hash
	END
	found 192.0.2.7 3
}
