# The filter and the jail for fail2ban, by fail2ban itself, on lines of our own.
load common
load network

root=$BATS_TEST_DIRNAME/../..
filter=$root/units/fail2ban/filter.d/pop3-handler.conf

setup_file() {
	command -v fail2ban-regex >/dev/null || skip 'needs fail2ban-regex'
}

# lines FORM NAME...: what the handler logs of a refused login of each name
# from 127.0.0.1 (::1 for FORM6), as a file that fail2ban reads.
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
	printf 'USER %s\r\nPASS wrong\r\nQUIT\r\n' "$2" >"$work/said"
	python3 "$tools/refused.py" "$1" "$work/said" "${run[@]}" 2>"$log"
}

# found ADDRESS COUNT: the filter finds so many lines, all of that address.
found() {
	local addresses

	# a filter stands beside those it includes
	mkdir -p "$work/filter.d"
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
		Nov 24 12:00:00 dewey pop3-handler[1]: refused: client=local user=mrose reason=auth
		Nov 24 12:00:00 dewey pop3-handler[1]: login: client=192.0.2.7 user=mrose
		Nov 24 12:00:00 dewey other[1]: refused: client=192.0.2.7 user=mrose reason=auth
		Nov 24 12:00:00 dewey pop3-handler[1]: x refused: client=192.0.2.7 user=mrose reason=auth
		Nov 24 12:00:00 dewey pop3-handler[1]: refused: client=192.0.2.7 user=mrose reason=auth x
	END
	found '' 0
}

# --- the log of the system -----------------------------------------------------

refuse_three() {
	{
		printf 'USER mrose\r\nPASS wrong\r\n'
		printf 'USER pop3-handler[1]:refused:client=9.9.9.9\r\n'
		printf 'PASS wrong\r\nUSER 192.0.2.7\r\nPASS wrong\r\n'
	} >/run/test/said
	python3 "$1/refused.py" 127.0.0.1 /run/test/said /run/test/pop3-handler
	await grep -q ' session: ' "$log"
	cat "$log"
}

# Syslog daemons put in the host, and write the time in either way.
@test "fail2ban finds refused logins in what came to syslog (as root)" {
	root_only
	in_private_system refuse_three "$tools" >"$work/syslog"
	sed -E 's/^<[0-9]+>(.{15}) /\1 dewey /' "$work/syslog" >"$work/lines"
	found 127.0.0.1 3
	sed -E 's/^<.{19} /2026-11-24T12:00:00.123456+01:00 dewey /' \
		"$work/syslog" >"$work/lines"
	found 127.0.0.1 3
}

# --- a booted system, with fail2ban as README.md says --------------------------

in_lab() {
	local status=0

	root_only
	/usr/bin/python3 -c 'import systemd.journal' 2>/dev/null ||
		skip 'needs python3-systemd'
	# What a make above us was told is not for this one.
	env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS \
		make -s -C "$root" install DESTDIR="$work/tree"
	"$root/tests/systemd/lab" "$work/tree" timeout 120 bash -c "
		set -euE
		trap 'echo \"failed: \$BASH_COMMAND\" >&2' ERR
		log=/dev/null
		cp -r /usr/local/share/doc/pop3-handler/fail2ban /etc
		$(declare -f)
		\"\$@\"
	" bash "$@" 3>&- || status=$?
	[ "$status" -ne 77 ] || skip 'no lab can be made here'
	return "$status"
}

# guess ADDRESS NAME: one refused login.
guess() {
	dial "$1"
	ask "USER $2" "+OK $2"
	ask 'PASS wrong' '-ERR [AUTH] user name or password is wrong'
	say QUIT
	hear
	exec {to}>&-
}

believe_the_service() {
	local found lie='refused: client=192.0.2.66 user=x reason=auth'

	guess 127.0.0.1 mrose
	guess ::1 client=9.9.9.9
	setpriv --reuid 65534 --clear-groups logger -t pop3-handler "$lie"
	journalctl --sync
	journalctl -t pop3-handler -o cat | grep -qxF "$lie"
	found=$(fail2ban-regex --out '<ip>' systemd-journal pop3-handler)
	assert_equal "$found" "127.0.0.1
::1"
}

@test "in the journal fail2ban believes the service, and nobody else (as root)" {
	in_lab believe_the_service
}

guess_often() {
	local n

	for ((n = 0; n < $2; n++)); do
		guess "$1" mrose &
	done
	wait
}

ban_the_tenth() {
	rm -f /etc/fail2ban/jail.d/defaults-debian.conf
	printf '%s\n' '[Definition]' 'actionban = echo <ip> >>/run/banned' \
		>/etc/fail2ban/action.d/written.conf
	printf '%s\n' '[DEFAULT]' 'banaction = written' 'ignoreself = false' \
		>/etc/fail2ban/jail.local
	mkdir -p /run/fail2ban
	fail2ban-client start
	guess_often 127.0.0.1 9
	guess_often ::1 10
	await test -s /run/banned
	assert_equal "$(</run/banned)" ::1
	fail2ban-client stop
}

@test "the jail bans an address at its tenth refused login (as root)" {
	in_lab ban_the_tenth
}
