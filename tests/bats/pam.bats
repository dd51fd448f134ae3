# bats file_tags=root
#
# Accounts behind PAM: pop3-auth, and saslauthd, in a private system.
load ../lib/common
load ../lib/network

export refusal='-ERR [AUTH] user name or password is wrong'
export temporary='-ERR [SYS/TEMP] cannot check passwords now'

setup_file() {
	export module=$BATS_FILE_TMPDIR/module.so
	export ask=$BATS_FILE_TMPDIR/ask.py answer=$BATS_FILE_TMPDIR/answer.py

	cp "$BATS_TEST_DIRNAME"/../pam/*.py "$BATS_FILE_TMPDIR"
	cc -O2 -shared -fPIC -o "$module" "$BATS_TEST_DIRNAME/../pam/test.c" -lpam
	is_root || return 0
	chmod 711 "$BATS_FILE_TMPDIR"
}

# with_pam FUNCTION [ARG...]: in a private system with pop3-auth and a server
# that asks it; $module is the test's own.
with_pam() {
	root_only
	in_private_system inside_with_pam "$@"
}

# --- inside -------------------------------------------------------------------

inside_with_pam() {
	cp "$module" /run/test/module.so
	install -m 644 /run/test/units/pop3-handler.pam /etc/pam.d/pop3-handler
	sed -i '$ a must-change:x:2006:2006::/nonexistent:/bin/sh' /etc/passwd
	echo 'must-change:x:2006:' >>/etc/group
	sed -n 's/^mrose:\([^:]*\):19000/must-change:\1:0/p' /etc/shadow \
		>>/etc/shadow
	start_auth
	serve_accounts pam
	"$@"
}

# Starts pop3-auth as by a socket unit: its socket is the service user's.
start_auth() {
	mkdir -p /run/pop3-handler
	systemd-socket-activate "$@" -l /run/pop3-handler/auth \
		/run/test/pop3-auth --log=stderr 2>>"$log" &
	await test -S /run/pop3-handler/auth
	chown pop3-handler /run/pop3-handler/auth
	chmod 600 /run/pop3-handler/auth
}

# serve_accounts SOURCE: at port 110, not in group shadow.
serve_accounts() {
	systemd-socket-activate --accept --inetd -l 110 \
		setpriv --reuid pop3-handler --regid pop3-handler \
		--groups 8,901 --inh-caps -all,+setuid,+setgid \
		--ambient-caps -all,+setuid,+setgid \
		--bounding-set -all,+setuid,+setgid --no-new-privs \
		/run/test/pop3-handler --log=stderr --accounts="$1" 2>>"$log" &
}

# pam_is: what pop3-auth's service is.
pam_is() {
	cat >/etc/pam.d/pop3-handler
}

# try NAME [PASSWORD]: $heard is the answer; the connection is at an end.
try() {
	dial
	ask "USER $1" "+OK $1"
	say "PASS ${2-secret}"
	hear
	exec {to}>&-
}

let_in() {
	try "$@"
	[[ $heard == "+OK $1's maildrop has "* ]] || fail "$1: $heard"
}

refused() {
	try "$@"
	assert_equal "$heard" "$refusal"
}

cannot_check() {
	try "$@"
	assert_equal "$heard" "$temporary"
}

# as_server COMMAND...: as the service user.
as_server() {
	setpriv --reuid pop3-handler --regid pop3-handler --clear-groups "$@"
}

# --- PAM ----------------------------------------------------------------------

accounts_of_pam_unix() {
	let_in mrose
	let_in jmyers
	refused mrose wrong
	refused nobody-here
	refused locked
	refused expired
	refused must-change
	refused lowly
	refused root
	assert_noted 'refused: client=127.0.0.1 user=mrose reason=auth$'
	assert_noted 'refused: client=127.0.0.1 user=locked reason=auth$'
	assert_noted 'refused: client=127.0.0.1 user=expired reason=denied$'
	assert_noted 'refused: client=127.0.0.1 user=lowly reason=uid-too-low$'
	# a capital of a phone, and a space behind
	let_in_as Mrose mrose
	let_in_as 'jmyers ' jmyers
	refused Mrose wrong
}

# let_in_as SENT NAME
let_in_as() {
	dial
	say "USER $1"
	hear
	say 'PASS secret'
	hear
	exec {to}>&-
	[[ $heard == "+OK $2's maildrop has "* ]] || fail "$1: $heard"
}

@test "pam_unix: the right password is taken; wrong, locked, expired, must-change and system accounts are refused" {
	with_pam accounts_of_pam_unix
}

lock_by_faillock() {
	sed -i -e '/common-auth$/d' -e 's/^#\(auth	\)/\1/' \
		-e 's/^#\(account.*faillock\)/\1/' /etc/pam.d/pop3-handler
	echo 'deny = 2' >/etc/security/faillock.conf
	refused mrose wrong
	let_in mrose
	refused mrose wrong
	refused mrose wrong
	refused mrose
	let_in jmyers
	faillock --user mrose --reset
	let_in mrose
}

@test "pam_faillock, by the lines of the file, locks an account after so many wrong passwords" {
	with_pam lock_by_faillock
}

not_from_there() {
	sed -i 's/^#\(account.*access\)/\1/' /etc/pam.d/pop3-handler
	echo '-:mrose:127.0.0.1' >/etc/security/access.conf
	refused mrose
	let_in jmyers
	dial ::1
	log_in mrose
	[[ $heard == '+OK '* ]] || fail "$heard"
}

@test "pam_access: an account is refused from one address and let in from another" {
	with_pam not_from_there
}

# The file of nologin(5), as long as it is there.
nologin() {
	sed -i 's/^#\(account.*nologin\)/\1/' /etc/pam.d/pop3-handler
	echo 'later' >/etc/nologin
	refused mrose
	rm /etc/nologin
	let_in mrose
}

@test "pam_nologin: nobody is let in as long as its file is there" {
	with_pam nologin
}

what_modules_are_told() {
	pam_is <<-'END'
		auth	required	/run/test/module.so say /run/test/said
		account	required	pam_permit.so
	END
	let_in mrose
	diff - /run/test/said <<-'END'
		user=mrose rhost=127.0.0.1 tty=pop3 ruser=- service=pop3-handler
	END
}

@test "modules are told the user, the client's address, and a terminal" {
	with_pam what_modules_are_told
}

# PAM_SERVICE_ERR 3, SYSTEM_ERR 4, BUF_ERR 5, AUTHINFO_UNAVAIL 9, ABORT 26,
# MODULE_UNKNOWN 28.
failures_of_the_system() {
	local code

	for code in 3 4 5 9 26 28; do
		pam_is <<-END
			auth	required	/run/test/module.so code $code
			account	required	pam_permit.so
		END
		cannot_check mrose
		pam_is <<-END
			auth	required	pam_permit.so
			account	required	/run/test/module.so code $code
		END
		cannot_check mrose
	done
	assert_noted 'pop3-auth: PAM cannot check mrose: '
	assert_noted 'refused: client=127.0.0.1 user=mrose reason=system'
}

@test "what PAM cannot find out is a failure of the system, and no wrong password (RFC 3206)" {
	with_pam failures_of_the_system
}

# PAM_PERM_DENIED 6, MAXTRIES 8, NEW_AUTHTOK_REQD 12, ACCT_EXPIRED 13,
# AUTHTOK_EXPIRED 27.
refusals_of_accounts() {
	local code

	for code in 6 8 12 13 27; do
		pam_is <<-END
			auth	required	pam_permit.so
			account	required	/run/test/module.so code $code
		END
		refused mrose
	done
	assert_noted 'refused: client=127.0.0.1 user=mrose reason=denied$'
	assert_noted 'refused: client=127.0.0.1 user=mrose reason=must-change$'
	assert_noted 'refused: client=127.0.0.1 user=mrose reason=expired$'
	pam_is <<-'END'
		auth	required	pam_permit.so
	END
	rm /etc/pam.d/other
	refute let_in mrose
}

@test "an account that PAM refuses is refused, and so is one that nobody speaks for" {
	with_pam refusals_of_accounts
}

another_user() {
	pam_is <<-'END'
		auth	required	/run/test/module.so as jmyers
		account	required	pam_permit.so
	END
	refused mrose
	assert_noted 'pop3-auth: PAM takes mrose for another user'
}

@test "a module that takes a name for another user lets nobody in" {
	with_pam another_user
}

# Only of a password it can be said.
more_than_a_password() {
	pam_is <<-'END'
		auth	required	/run/test/module.so secret
		auth	required	/run/test/module.so ask
		account	required	pam_permit.so
	END
	cannot_check mrose
}

@test "a module that asks for more than a password lets nobody in" {
	with_pam more_than_a_password
}

hangs() {
	pam_is <<-'END'
		auth	[success=1 default=ignore]	pam_succeed_if.so quiet user != mrose
		auth	required	/run/test/module.so hang
		auth	required	/run/test/module.so secret
		account	required	pam_permit.so
	END
	dial
	ask 'USER mrose' '+OK mrose'
	say 'PASS secret'
	slow=$to
	let_in jmyers
	to=$slow from=$slow
	hear
	assert_equal "$heard" "$temporary"
	assert_noted '/run/pop3-handler/auth: (no answer in 20 seconds|it ended without)'
	let_in jmyers
	await no_child_hangs
}

# The listener and two spares.
no_child_hangs() {
	[ "$(pgrep -c -x pop3-auth)" -le 3 ]
}

@test "a module that hangs is given 20 seconds, which cost nobody else anything" {
	with_pam hangs
}

crashes() {
	pam_is <<-'END'
		auth	[success=1 default=ignore]	pam_succeed_if.so quiet user != mrose
		auth	required	/run/test/module.so crash
		auth	required	/run/test/module.so secret
		account	required	pam_permit.so
	END
	cannot_check mrose
	let_in jmyers
	assert_noted 'pop3-auth: process [0-9]* has crashed .*executed anew'
	let_in jmyers
	cannot_check mrose
}

@test "a module that crashes is a failure of the system, and from then on each request gets a process that is executed anew" {
	product_only	# the sanitizers exit instead
	with_pam crashes
}

no_password() {
	pam_is <<-'END'
		auth	required	pam_permit.so
		account	required	pam_permit.so
	END
	refused mrose ''
	let_in mrose x
}

@test "an empty password is refused and not asked for" {
	with_pam no_password
}

# sixteen names at a time, of whom each is let in
many_at_a_time() {
	local i waiting=()

	pam_is <<-'END'
		auth	required	/run/test/module.so secret
		account	required	pam_permit.so
	END
	for i in {1..40}; do
		let_in jmyers &
		waiting+=($!)
	done
	for i in "${waiting[@]}"; do
		wait "$i"
	done
}

@test "forty at a time are let in" {
	with_pam many_at_a_time
}

# --- who may ask, and what ----------------------------------------------------

only_the_server_asks() {
	local asked=("$ask" /run/pop3-handler/auth mrose secret pop3 '' 192.0.2.7)

	assert_equal "$(as_server "${asked[@]}")" OK
	assert_equal "$("${asked[@]}")" closed
	assert_noted 'pop3-auth: uid 0 may not ask'
	chmod 666 /run/pop3-handler/auth
	assert_equal "$(setpriv --reuid mrose --clear-groups "${asked[@]}")" closed
	assert_noted 'pop3-auth: uid 2001 may not ask'
}

@test "nobody but the service user may ask, not even root" {
	with_pam only_the_server_asks
}

# answers PART...: what is answered
asked() {
	as_server "$ask" /run/pop3-handler/auth "$@"
}

words_of_answers() {
	pam_is <<-'END'
		auth	required	pam_unix.so
		account	required	pam_unix.so
	END
	assert_equal "$(asked mrose wrong pop3 '' local)" 'NO refused'
	assert_equal "$(asked nobody-here secret pop3 '' local)" 'NO refused'
	assert_equal "$(asked must-change secret pop3 '' local)" 'NO must-change'
	assert_equal "$(asked expired secret pop3 '' local)" 'NO expired'
	assert_equal "$(asked stale secret pop3 '' local)" 'NO must-change'
	pam_is <<-'END'
		auth	required	pam_permit.so
		account	required	pam_deny.so
	END
	assert_equal "$(asked mrose secret pop3 '' local)" 'NO denied'
	pam_is <<-'END'
		auth	required	/run/test/module.so code 9
	END
	assert_equal "$(asked mrose secret pop3 '' local)" 'NO temporary'
}

@test "the answer says why, for a right password only" {
	with_pam words_of_answers
}

no_questions() {
	local long nul=00056d726f73650006

	long=$(printf '%300s' '' | tr ' ' x)
	assert_equal "$(asked "$long" secret pop3 '' local)" closed
	assert_equal "$(asked mrose "$long" pop3 '' local)" closed
	assert_equal "$(asked mrose secret "$long" '' local)" closed
	assert_equal "$(asked mrose secret pop3 "$long" local)" closed
	assert_equal "$(asked mrose secret pop3 '' "$long")" closed
	assert_equal "$(asked mrose secret pop3 '')" closed
	assert_equal "$(asked mrose secret pop3 '' local more)" closed
	assert_equal "$(asked ../mrose secret pop3 '' local)" closed
	assert_equal "$(asked '' secret pop3 '' local)" closed
	assert_equal "$(asked mrose '' pop3 '' local)" closed
	assert_equal "$(asked mrose secret pop3 '' 'a b')" closed
	assert_equal "$(asked mrose secret pop3 '' '')" closed
	assert_equal "$(asked --octets 00)" closed
	assert_equal "$(asked --octets ffff)" closed
	assert_equal "$(asked --octets "${nul}73656300657400")" closed
	assert_noted 'pop3-auth: what was asked is no question'
	assert_equal "$(asked mrose secret pop3 '' local)" OK
}

@test "what is no question, or too long, is not answered" {
	with_pam no_questions
}

# A process for each request.
by_inetd() {
	start_auth --accept "$@"
	serve_accounts pam
	let_in mrose
	refused mrose wrong
}

@test "pop3-auth answers one request if it is passed a connection (Accept=yes, inetd's nowait)" {
	root_only
	in_private_system with_the_file by_inetd
	in_private_system with_the_file by_inetd --inetd
}

with_the_file() {
	install -m 644 /run/test/units/pop3-handler.pam /etc/pam.d/pop3-handler
	"$@"
}

# --- what may become of who is asked ------------------------------------------

nobody_is_there() {
	serve_accounts pam
	cannot_check mrose
	assert_noted 'cannot check a password: /run/pop3-handler/auth: No such file'
	mkdir -p /run/pop3-handler
	python3 -c 'import socket
socket.socket(socket.AF_UNIX).bind("/run/pop3-handler/auth")'
	chown pop3-handler /run/pop3-handler/auth
	cannot_check mrose
	assert_noted '/run/pop3-handler/auth: Connection refused'
	rm /run/pop3-handler/auth
	install -m 644 /run/test/units/pop3-handler.pam /etc/pam.d/pop3-handler
	start_auth
	let_in mrose
}

# check: what --check says of accounts.
check() {
	/run/test/pop3-handler --check --accounts=pam "$@" >/run/test/checked ||
		:
	grep -E ' accounts?: ' /run/test/checked
}

check_tells() {
	assert_equal "$(check mrose | head -n 1)" 'ok    accounts: pam answers'
	check mrose | grep -q '^ok .*mrose: account: mrose, uid 2001, of pam$'
	check lowly | grep -q '^FAIL .*lowly: account: lowly, uid 500 '
	refute grep 'is no question' "$log"
	rm /run/pop3-handler/auth
	check | grep -q '^FAIL  accounts: .*/run/pop3-handler/auth: No such file'
	grep -q 'systemctl enable --now pop3-auth.socket' /run/test/checked
}

@test "--check tells whether pop3-auth is there" {
	with_pam check_tells
}

@test "as long as nobody is there to be asked, that is a failure of the system" {
	root_only
	in_private_system nobody_is_there
}

# answered_with HOW: every question.
answered_with() {
	mkdir -p /run/pop3-handler
	"$answer" /run/pop3-handler/auth pop3-handler /run/test/asked "$1" &
	await test -S /run/pop3-handler/auth
	serve_accounts pam
}

gets_in() {
	answered_with "$1"
	let_in mrose
}

gets_refused() {
	answered_with "$1"
	refused mrose
}

gets_nowhere() {
	answered_with "$1"
	cannot_check mrose
	assert_noted "/run/pop3-handler/auth: $2"
}

# answers FUNCTION [ARG...]
answers() {
	root_only
	in_private_system "$@"
}

@test "an answer is taken octet by octet; OK with more behind it is one" {
	answers gets_in slowly
	answers gets_in 00094f4b2066696e6521210a
	answers gets_in 00024f4b4e4f
}

@test "any other NO is a refusal" {
	answers gets_refused 00024e4f
	answers gets_refused 00104e4f2050414d2061757468206572726f
}

@test "an answer that is none, or is not finished, is a failure of the system" {
	local what='what it said is no answer'

	answers gets_nowhere 0002594553 "$what"
	answers gets_nowhere 0000 "$what"
	answers gets_nowhere 00014f "$what"
	answers gets_nowhere ffff "$what"
	answers gets_nowhere 00094f4b 'it ended without an answer'
	answers gets_nowhere '' 'it ended without an answer'
}

@test "no answer in 20 seconds is a failure of the system" {
	answers gets_nowhere silence 'no answer in 20 seconds'
}

what_is_asked() {
	answered_with 00024f4b
	let_in mrose
	printf '\0\5mrose\0\6secret\0\4pop3\0\0\0\x09127.0.0.1' |
		cmp - /run/test/asked
}

@test "five parts are asked: name, password, service, realm, address" {
	answers what_is_asked
}

# --- saslauthd ----------------------------------------------------------------

# with_saslauthd FUNCTION [OPTION...]: Debian's, which asks PAM.
with_saslauthd() {
	local package= status=0

	root_only
	package=$("$tools/unpacked" sasl2-bin) || status=$?
	[ "$status" -ne 77 ] || skip 'cannot have sasl2-bin'
	[ "$status" -eq 0 ] || fail 'saslauthd does not start'
	in_private_system inside_with_saslauthd "$package" "$@"
}

inside_with_saslauthd() {
	install -d -g pop3-handler -m 710 /run/saslauthd
	printf '@include common-auth\n@include common-account\n' \
		>/etc/pam.d/pop3
	"$1/usr/sbin/saslauthd" -a pam -m /run/saslauthd -n 2 "${@:3}"
	await test -S /run/saslauthd/mux
	serve_accounts saslauthd:/run/saslauthd/mux
	"$2"
}

by_saslauthd() {
	let_in mrose
	let_in jmyers
	refused mrose wrong
	refused nobody-here
	refused expired
	refused lowly
	refused root
	assert_noted 'refused: client=127.0.0.1 user=lowly reason=uid-too-low$'
	kill "$(cat /run/saslauthd/saslauthd.pid)"
	await saslauthd_is_gone
	cannot_check mrose
	assert_noted 'cannot check a password: /run/saslauthd/mux: '
}

saslauthd_is_gone() {
	! pgrep -x saslauthd >/dev/null
}

@test "saslauthd of Debian is asked, and missed when it is gone" {
	with_saslauthd by_saslauthd
}

# What README.md warns of.
remembered() {
	let_in mrose
	passwd --quiet --lock mrose
	let_in mrose
	refused mrose wrong
}

@test "saslauthd -c lets in who was locked meanwhile, as the documents warn" {
	with_saslauthd remembered -c
}

paths_of_sockets() {
	local path

	for path in mux ./mux "/$(printf '%107s' '' | tr ' ' x)"; do
		options=(--accounts="saslauthd:$path")
		session QUIT
		assert_ended 111
		assert_logged 'cannot ask at .*: it must be an absolute path of less than 108 octets'
		[ ! -s "$replies" ]
	done
}

@test "the path of a socket is absolute, and not too long" {
	root_only
	as_reader=()
	options=(--user=nobody)
	paths_of_sockets
}

# --- SSSD ---------------------------------------------------------------------

# with_sssd FUNCTION: Debian's, over a private /usr, with one account of a
# "network": ned, 5001, whose password only the module of the tests knows.
with_sssd() {
	local cache=${INTEROP_CACHE:-/var/cache/pop3-handler-interop} status=0

	root_only
	"$tests/interop/install" sssd >"$work/said" 2>&1 || status=$?
	[ "$status" -eq 0 ] || skip "cannot have sssd: $(<"$work/said")"
	in_private_system inside_with_sssd "$cache/sssd" "$1"
}

inside_with_sssd() {
	cp "$module" /run/test/module.so
	LIBMOUNT_FORCE_MOUNT2=always mount -t overlay private \
		-o "lowerdir=$1/usr:/usr" /usr
	cp -a "$1/var/lib/sss" /var/lib
	mount -t tmpfs private /var/log
	mkdir -p /etc/sssd /var/log/sssd
	echo 'ned:x:5001:5001:Ned:/nonexistent:/bin/sh' >/run/test/passwd
	echo 'ned:x:5001:' >/run/test/group
	install -m 600 /dev/stdin /etc/sssd/sssd.conf <<-'END'
		[sssd]
		services = nss, pam
		domains = net
		[domain/net]
		id_provider = files
		passwd_files = /run/test/passwd
		group_files = /run/test/group
		auth_provider = proxy
		proxy_pam_target = net
	END
	printf '%s\n' 'auth required /run/test/module.so secret' \
		'account required pam_permit.so' >/etc/pam.d/net
	sed -i 's/^\(passwd\|group\):.*/\1: files sss/' /etc/nsswitch.conf
	pam_is <<-'END'
		auth	[success=done default=ignore]	pam_unix.so
		auth	[success=done authinfo_unavail=die default=bad]	pam_sss.so use_first_pass
		account	[success=1 default=ignore]	pam_localuser.so
		account	[success=done default=die]	pam_sss.so
		account	required	pam_unix.so
	END
	sssd -i -d 1 --logger=stderr 2>>"$log" &
	sssd=$!
	await getent passwd ned >/dev/null
	await test -S /var/lib/sss/pipes/pam
	install -o 5001 -g mail -m 660 /dev/null /var/mail/ned
	start_auth
	serve_accounts pam
	"$2"
}

network_and_local() {
	let_in ned
	refused ned wrong
	let_in mrose
	refused mrose wrong
	refused nobody-here
	refused locked
	dial
	log_in ned
	find_handler
	assert_process Uid '5001 5001 5001 5001'
	kill "$sssd"
	await sssd_is_gone
	cannot_check ned
	let_in mrose
}

sssd_is_gone() {
	! pgrep sssd >/dev/null
}

@test "SSSD: accounts of a network log in beside local ones; without it only those, and that is no wrong password" {
	with_sssd network_and_local
}
