# Sources of accounts: files, and the system's, with the system's passwords.
load ../lib/common
load ../lib/network

# Starts the handler as root, who leaves root for nobody, as inetd does.
as_root() {
	as_reader=()
	options=(--user=nobody "${options[@]}")
	chmod 711 "$work"
	chmod 1777 "$work/mail"
	install -d -o 65534 -m 700 "$work/state"
}

@test "hashes of md5crypt, SHA-256, SHA-512, bcrypt and yescrypt are accepted" {
	local name

	account sha256 "$secret_sha256"
	account sha512 "$secret_sha512"
	account bcrypt "$secret_bcrypt"
	account yescrypt "$secret_yescrypt"
	for name in mrose sha256 sha512 bcrypt yescrypt; do
		session "USER $name" 'PASS secret' QUIT
		assert_accepted 2
	done
}

@test "a locked hash is refused, even one of the password" {
	account locked "!$secret_md5"
	account starred "*$secret_md5"
	assert_no_login locked starred
}

@test "an account without a hash is refused" {
	account bang '!'
	account star '*'
	assert_no_login bang star
}

@test "an empty hash is no password" {
	account empty ''
	account mempty '$1$saltsalt$5Jhcit4zN9UlGiA0txPkO0'
	session 'USER mempty' 'PASS '
	assert_accepted 2
	session 'USER empty' 'PASS ' QUIT
	assert_refused 2
}

@test "a hash of no known method is refused" {
	account unknown '$x$saltsalt$9xy1btjgzLYfb7hivXtC//'
	account plain 'secret'
	assert_no_login unknown plain
}

@test "a hash cut short is refused" {
	account short '$1$saltsalt$9xy1btjgzLYfb7hivXtC/'
	account setting '$1$saltsalt$'
	assert_no_login short setting
}

@test "another uid is refused to an ordinary user" {
	account other "$secret_md5" $((reader + 1))
	account lower "$secret_md5" $((reader - 1))
	assert_no_login other lower
}

@test "uid 0 is refused to an ordinary user" {
	account toor "$secret_md5" 0
	account mroot "$secret_md5" 000
	assert_no_login toor mroot
}

@test "a uid below --min-uid is refused" {
	options=(--min-uid=$((reader + 1)))
	session 'USER mrose' 'PASS secret' QUIT
	assert_refused 2
}

@test "a uid equal to --min-uid is served" {
	options=(--min-uid="$reader")
	session 'USER mrose' 'PASS secret' QUIT
	assert_accepted 2
}

@test "started as root it serves the accounts of any uid (as root)" {
	root_only
	as_root
	account jdoe "$secret_md5" 54321
	mailbox=$work/mail/jdoe
	mailbox_of 120 200
	chown 54321 "$mailbox"
	session 'USER jdoe' 'PASS secret' 'DELE 1' QUIT
	assert_reply 2 "+OK jdoe's maildrop has 2 messages (320 octets)"
	assert_reply 4 '+OK dewey POP3 server signing off (1 message left)'
}

@test "started as root it still refuses uid 0 (as root)" {
	root_only
	as_root
	options+=(--min-uid=1)
	account toor "$secret_md5" 0
	account low "$secret_md5" 1
	session 'USER toor' 'PASS secret' 'USER low' 'PASS secret' QUIT
	assert_refused 2
	assert_accepted 4
}

@test "started as root it refuses uids below the system's UID_MIN (as root)" {
	root_only
	as_root
	account daemon "$secret_md5" 1
	assert_no_login daemon
}

@test "a line of six fields is no account, and a login by its name says so" {
	printf 'six:%s:%s:%s::/home\n' "$secret_md5" "$reader" "$reader" \
		>>"$accounts"
	session 'USER six' 'PASS secret'
	assert_refused 2
	assert_logged "the accounts file's line of six cannot be used: it has fewer than seven fields"
}

@test "what stands behind the seventh field is left to others" {
	printf 'eight:%s:%s:%s::%s:/bin/sh:quota=1:x\n' "$secret_md5" \
		"$reader" "$reader" "$work" >>"$accounts"
	session 'USER eight' 'PASS secret'
	assert_accepted 2
}

@test "a hash may have Dovecot's name of its method before it" {
	account dewey "{SHA512-CRYPT}$(openssl passwd -6 -salt abcdefgh secret)"
	account louie "{md5-crypt}$secret_md5"
	account huey "{PLAIN}secret"
	for name in dewey louie; do
		session "USER $name" 'PASS secret'
		assert_accepted 2
	done
	session 'USER huey' 'PASS secret'
	assert_refused 2
	assert_logged 'refused: client=local user=huey reason=unusable-hash'
}

# --- names ------------------------------------------------------------------

@test "a name with capitals is that of lower case, unless somebody is called so" {
	account Louie "$(openssl passwd -1 -salt abcdefgh other)"
	account louie "$secret_md5"
	session 'USER MROSE' 'PASS secret'
	assert_reply 2 "+OK mrose's maildrop has 0 messages (0 octets)"
	assert_logged 'login: client=local user=mrose sent=MROSE'
	session 'USER Louie' 'PASS secret'
	assert_refused 2
	session 'USER Louie' 'PASS other'
	assert_reply 2 "+OK Louie's maildrop has 0 messages (0 octets)"
}

@test "blanks behind a name are not part of it" {
	session 'USER mrose ' 'PASS secret'
	assert_reply 2 "+OK mrose's maildrop has 0 messages (0 octets)"
}

@test "a listed domain behind a name is cut off, and no other" {
	options+=(--domain=example.org --domain=Example.NET)
	for name in mrose@example.org Mrose@EXAMPLE.net mrose; do
		session "USER $name" 'PASS secret'
		assert_accepted 2
	done
	assert_no_login mrose@example.com mrose@ @example.org \
		mrose@example.org@example.com mrose@xexample.org
}

@test "without --domain a name may hold an @" {
	account mrose@example.org "$secret_md5"
	session 'USER mrose@example.org' 'PASS secret'
	assert_accepted 2
}

@test "a name that is not ASCII is nobody's" {
	account "$(printf 'm\303\266')" "$secret_md5"
	session "$(printf 'USER m\303\266')" 'PASS secret'
	assert_refused 1 2
}

# --- why, for the log ---------------------------------------------------------

# refused_as NAME PASSWORD REASON
refused_as() {
	session "USER $1" "PASS $2"
	assert_reply 2 '-ERR [AUTH] user name or password is wrong'
	assert_logged "refused: client=local user=$1 reason=$3"
}

@test "the log says why who has the right password is refused" {
	account locked "!$secret_md5"
	account low "$secret_md5" 1
	refused_as locked secret locked
	refused_as low secret uid-too-low
}

@test "who has a wrong password is told apart from nobody, in the log as well" {
	account locked "!$secret_md5"
	account low "$secret_md5" 1
	for name in locked low mrose nobody; do
		refused_as "$name" wrong auth
	done
}

@test "a hash that crypt does not know is told, and none at all is not" {
	account odd '$unknown$hash'
	account none ''
	account star '*'
	account bang '!'
	refused_as odd secret unusable-hash
	for name in none star bang; do
		refused_as "$name" secret auth
	done
}

@test "a uid that is no number is no account" {
	account signed "$secret_md5" "+$reader"
	account letters "$secret_md5" "${reader}x"
	assert_no_login signed letters
}

@test "a uid that overflows is no account" {
	account wrapped "$secret_md5" $((reader + 4294967296))
	account none "$secret_md5" ''
	assert_no_login wrapped none
}

@test "malformed lines do not hide the accounts after them" {
	{
		printf ':::::::::\n\n\n# a comment\nmrose\nmrose:x\n'
		printf '%5000s\n' '' | tr ' ' :
		cat "$accounts"
	} >"$work/new"
	cat "$work/new" >"$accounts"
	session 'USER mrose' 'PASS secret' QUIT
	assert_accepted 2
}

@test "the last line of the file needs no line end" {
	printf %s "$(cat "$accounts")" >"$work/new"
	cat "$work/new" >"$accounts"
	session 'USER mrose' 'PASS secret' QUIT
	assert_accepted 2
}

@test "of two lines with one name the first counts" {
	account mrose "$secret_bcrypt" $((reader + 1))
	session 'USER mrose' 'PASS secret' QUIT
	assert_accepted 2
	account jdoe '!'
	account jdoe
	session 'USER jdoe' 'PASS secret' QUIT
	assert_refused 2
}

@test "the beginning of a name is no name" {
	account mroses
	assert_no_login mros mrosess
}

@test "a name with a slash is refused, even if the file has it" {
	mkdir "$work/mail/a"
	own "$work/mail/a"
	account a/b
	account ../mail/mrose
	assert_no_login a/b ../mail/mrose
}

@test "a name with a leading dot is refused, even if the file has it" {
	account ..
	account .hidden
	assert_no_login .. .hidden
}

@test "a name that looks like an option, or holds a colon, is refused" {
	account --help
	account a:b
	assert_no_login --help a:b
}

@test "the name of no octets is refused, even if the file has it" {
	account ''
	session 'USER ' 'PASS secret' 'USER mrose' 'PASS secret' QUIT
	assert_refused 1 2
	assert_accepted 4
}

@test "a name with 8-bit or control octets is refused, even if the file has it" {
	account $'m\xc3\xa9'
	account $'m\x7f'
	account $'m\x1b[2J'
	session $'USER m\xc3\xa9' 'PASS secret' $'USER m\x7f' 'PASS secret' \
		$'USER m\x1b[2J' 'PASS secret' 'USER mrose' 'PASS secret' QUIT
	assert_refused 1 2 3 4 5 6
	assert_accepted 8
}

@test "a name longer than names can be is refused" {
	account "$(printf '%65s' '' | tr ' ' m)"
	account "$(printf '%64s' '' | tr ' ' n)"
	assert_no_login "$(printf '%65s' '' | tr ' ' m)"
	session "USER $(printf '%64s' '' | tr ' ' n)" 'PASS secret'
	assert_accepted 2
}

@test "an accounts file that its group may change is refused" {
	chmod 664 "$accounts"
	session 'USER mrose' 'PASS secret'
	assert_ended 111
	assert_logged 'refusing accounts file .*accounts: others may change it: mode 664'
	[ ! -s "$replies" ]
}

@test "an accounts file that everybody may change is refused" {
	chmod 646 "$accounts"
	session 'USER mrose' 'PASS secret'
	assert_ended 111
	[ ! -s "$replies" ]
}

@test "an accounts file with a NUL is refused" {
	printf '\0' >>"$accounts"
	session 'USER mrose' 'PASS secret'
	assert_ended 111
	assert_logged 'refusing accounts file .*accounts: it holds NUL octets'
}

@test "an accounts file that is not there is a failure of the system" {
	rm "$accounts"
	session 'USER mrose' 'PASS secret'
	assert_ended 111
	assert_logged 'cannot open .*accounts: No such file or directory'
}

@test "an accounts file that is a directory or a FIFO is refused" {
	rm "$accounts"
	mkdir "$accounts"
	session QUIT
	assert_ended 111
	rmdir "$accounts"
	mkfifo "$accounts"
	own "$accounts"
	session QUIT
	assert_ended 111
}

@test "an empty accounts file knows nobody" {
	: >"$accounts"
	session 'USER mrose' 'PASS secret' QUIT
	assert_refused 2
	assert_ended 0
}

@test "names that lead elsewhere are refused, even if the file has them" {
	local name names=(.. . ../mrose ./mrose mrose/ mail/mrose)

	for name in "${names[@]}"; do
		account "$name"
	done
	assert_no_login "${names[@]}"
}

@test "a name is put into the template as it is" {
	local name

	for name in %u %h %s '*' '~' '$HOME'; do
		account "$name"
		message 120 1 | deliver "$work/mail/$name"
		session "USER $name" 'PASS secret' QUIT
		assert_reply 2 "+OK $name's maildrop has 1 message (120 octets)"
	done
}

@test "uid 0 is refused whatever UID_MIN says (as root)" {
	root_only
	in_private_system root_with_uid_min_0
}

root_with_uid_min_0() {
	echo 'UID_MIN 0' >/etc/login.defs
	install -m 600 /dev/null /var/mail/root
	printf 'USER root\r\nPASS secret\r\nUSER lowly\r\nPASS secret\r\nQUIT\r\n' |
		/run/test/pop3-handler --log=stderr >/run/test/replies
	sed -n 3p /run/test/replies | grep '^-ERR \[AUTH\]'
	sed -n 5p /run/test/replies | grep '^+OK '
}

# --- what a refusal costs ----------------------------------------------------

secret_bcrypt6='$2b$06$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a'

# assert_hashed LOG KIND...: these, in whatever order.
assert_hashed() {
	local log=$1

	shift
	sed -n 's/^crypt: //p' "$log" | LC_ALL=C sort |
		diff - <(printf '%s\n' "$@" | LC_ALL=C sort) >&2 ||
		fail 'other kinds of hashes were made'
}

refused_with() {
	local name=$1 password=$2

	shift 2
	LD_PRELOAD=$work/crypt_calls.so session "USER $name" "PASS $password" \
		QUIT
	assert_refused 2
	assert_hashed "$log" "$@"
}

@test "a refusal makes a hash of each kind that accounts have, whatever the name" {
	local kinds=('$1$' '$2b$05$' '$2b$06$' '$6$' '$y$j9T$')

	product_only
	build_preload crypt_calls
	account bcrypt "$secret_bcrypt"
	account dear "$secret_bcrypt6"
	account yescrypt "$secret_yescrypt"
	account jdoe "$secret_yescrypt"
	account locked "!$secret_sha512"
	account none '*'
	account empty ''
	account toor "$secret_md5" 0
	account garbage '$x$saltsalt$9xy1btjgzLYfb7hivXtC//'
	for name in mrose bcrypt dear jdoe locked none empty toor garbage \
		nobody-here a/b; do
		refused_with "$name" wrong "${kinds[@]}"
	done
	refused_with toor secret "${kinds[@]}"
	refused_with locked secret "${kinds[@]}"
}

@test "a login costs its own hash, and no other" {
	product_only
	build_preload crypt_calls
	account yescrypt "$secret_yescrypt"
	LD_PRELOAD=$work/crypt_calls.so session 'USER mrose' 'PASS secret' QUIT
	assert_accepted 2
	assert_hashed "$log" '$1$'
}

@test "a hash of rounds is of a kind of its own" {
	product_only
	build_preload crypt_calls
	account few '$5$rounds=1234$saltsalt$x'
	account more '$5$rounds=5678$saltsalt$x'
	account same '$5$rounds=5678$lastlast$x'
	refused_with nobody-here wrong '$1$' '$5$rounds=1234$' '$5$rounds=5678$'
	refused_with same wrong '$1$' '$5$rounds=1234$' '$5$rounds=5678$'
}

# The powers of two in the rounds of what was hashed, and md5.
magnitudes() {
	sed -n 's/^crypt: //p' "$log" | awk -F '[=$]' '
		$2 == 1 { print "md5" }
		$2 == 5 { for (n = 0; 2 ^ (n + 1) <= $4; n++); print n }' |
		sort -n | xargs
}

@test "of costs that are drawn by lot, a refusal costs one of each power of two, whatever the name" {
	local cost name

	product_only
	build_preload crypt_calls
	for cost in 1001 1500 2500 3000 4500 6000 9000 12000 17000; do
		account "r$cost" "\$5\$rounds=$cost\$saltsalt\$x"
	done
	for name in nobody-here mrose r1001 r3000 r6000 r17000; do
		LD_PRELOAD=$work/crypt_calls.so session "USER $name" \
			'PASS wrong' QUIT
		assert_refused 2
		assert_equal "$(magnitudes)" 'md5 9 10 11 12 13 14'
	done
}

@test "where nobody has a hash, it is that of new passwords" {
	product_only
	build_preload crypt_calls
	: >"$accounts"
	account mrose '!'
	LD_PRELOAD=$work/crypt_calls.so session 'USER mrose' 'PASS wrong' QUIT
	assert_equal "$(grep -c '^crypt: ' "$log")" 1
}

# shadow has SHA-512 and yescrypt; login.defs says DES.
system_kinds() {
	local name

	work=/run/test
	echo 'ENCRYPT_METHOD DES' >/etc/login.defs
	echo 'UID_MIN 1000' >>/etc/login.defs
	for name in mrose jmyers expired stale locked lowly root nobody \
		nobody-here; do
		printf 'USER %s\r\nPASS wrong\r\nQUIT\r\n' "$name" |
			LD_PRELOAD=$1 /run/test/pop3-handler --log=stderr \
			>/run/test/replies 2>/run/test/calls
		grep -q '^-ERR \[AUTH\]' /run/test/replies
		assert_hashed /run/test/calls '$6$' '$y$j9T$'
	done
}

@test "the kinds of the system's accounts are those in /etc/shadow (as root)" {
	product_only
	root_only
	build_preload crypt_calls
	in_private_system system_kinds "$work/crypt_calls.so"
}

# --- how many hash at a time -------------------------------------------------

# hold_places FIRST COUNT: until $work/free exists.
hold_places() {
	rm -f "$work/free" "$work/free.held"
	"$tools/hold_hash_slots.py" "$work/state/hashing" "$1" "$2" "$work/free" 3>&- &
	pids+=($!)
	await test -e "$work/free.held"
}

@test "who comes when all places for hashing are taken waits for one" {
	session 'USER mrose' 'PASS secret' QUIT
	assert_accepted 2
	hold_places 0 16
	open_session
	ask 'USER mrose' '+OK mrose'
	say 'PASS secret'
	refute read -r -t 1 -u "$from" heard
	: >"$work/free"
	hear
	assert_equal "$heard" "+OK mrose's maildrop has 0 messages (0 octets)"
	hang_up
}

@test "one place more than others have taken is enough" {
	local processors

	processors=$(getconf _NPROCESSORS_ONLN)
	[ "$processors" -le 16 ] || processors=16
	session 'USER mrose' 'PASS secret' QUIT
	hold_places 0 $((processors - 1))
	session 'USER mrose' 'PASS secret' QUIT
	assert_accepted 2
	: >"$work/free"
}

no_place() {
	replies=$replies.$1
	log=$log.$1
	session "USER $1" 'PASS secret' QUIT
	assert_reply 2 '-ERR [SYS/TEMP] cannot check passwords now'
	assert_logged "cannot check a password: the processors were busy with others' for 20 s, .*"
	assert_logged "refused: client=local user=$1 reason=system"
	assert_ended 111
}

@test "who waits for a place in vain is refused for now, known or not" {
	session 'USER mrose' 'PASS secret' QUIT
	hold_places 0 16
	in_parallel no_place mrose nobody-here
	: >"$work/free"
}
