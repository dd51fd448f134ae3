# --check: what it finds, what it leaves alone, and that the log says the same.
load ../lib/common
load ../lib/network

# check_as [OPTION...] [USER...]: $found has what it prints.
check_as() {
	local run

	words --check "$@"
	ended=0
	timeout 60 "${run[@]}" >"$work/found" 2>"$log" || ended=$?
}

# --- inside the private system -----------------------------------------------

export found=/run/test/found spool=/var/mail state=/var/lib/pop3-handler

# check [OPTION...] [USER...]: as root, as an administrator does.
check() {
	ended=0
	timeout 60 /run/test/pop3-handler "${options[@]}" --check "$@" \
		>"$found" 2>&1 || ended=$?
}

# finds LINE: a whole line, as an extended regular expression.
finds() {
	grep -qxE "$1" "$found" || fail "not found: $1
$(<"$found")"
}

# fails QUESTION FINDING CURE: and then the exit status is 1.
fails() {
	finds "FAIL  $1: $2\. Cure: $3"
	assert_equal "$ended" 1
}

warns() {
	finds "warn  $1: $2\. Cure: $3"
}

# logs NAME PATTERN: what the log says when NAME logs in, or tries to.
logs() {
	: >/run/test/log.txt
	printf '%s\r\n' "USER $1" 'PASS secret' QUIT |
		/run/test/pop3-handler --log=stderr "${options[@]}" \
		>/run/test/replies 2>/run/test/log.txt || :
	grep -qE "$2" /run/test/log.txt || fail "not logged: $2
$(</run/test/log.txt)"
}

# Somebody listens on that port, who waits for connections and is called so.
listens() {
	python3 -c '
import socket, sys, time
with open("/proc/self/comm", "w") as comm:
    comm.write(sys.argv[2])
socket_ = socket.create_server(("127.0.0.1", int(sys.argv[1])))
open("/run/test/listening", "w").close()
time.sleep(100)' "$1" "$2" &
	await test -e /run/test/listening
	rm /run/test/listening
}

# A system with nothing wrong. $1 has certificates.
sound() {
	install -d -m 700 /run/test/tls
	cp "$1"/*.pem "$1"/*.key /run/test/tls
	chmod 600 /run/test/tls/*.key
	chown -R root:root /run/test/tls
	use_certificate server
	listens 110 inetd
	listens 995 inetd
	{ echo "$from_line"; printf 'Subject: x\n\nx\n\n'; } >$spool/mrose
}

# use_certificate NAME [KEY]
use_certificate() {
	options=(--tls-cert="/run/test/tls/$1.pem"
		--tls-key="/run/test/tls/${2-$1}.key")
}

nothing_is_wrong() {
	sound "$1"
	check mrose
	assert_equal "$ended" 0
	assert_equal "$(grep -vc '^ok  ' "$found")" 0
	finds 'ok    ports: port 110: inetd \(process [0-9]+\)'
	finds 'ok    certificate: .*server.pem is for DNS:localhost, .*, for [0-9]+ days more; the key is of uid 0, mode 600'
	finds 'ok    capabilities: other machines: STLS, UIDL, .*'
	finds 'ok    capabilities: this machine: STLS, USER, SASL PLAIN, .*'
	finds 'ok    mrose: account: mrose, uid 2001, of system'
	finds 'ok    mrose: control files: nobody has logged in yet'
	finds 'ok    mrose: mailbox: .*, mode 660: 1 messages, 17 octets; no index'
}

@test "where nothing is wrong each line is ok, and the exit status 0" {
	root_only
	in_private_system nothing_is_wrong "$certificates"
}

# What each of the files and directories is.
tree() {
	find $spool $state /etc /run/test/tls \
		-printf '%p %y %i %m %U:%G %n %s %T@ %C@ %l\n' | sort
	find $spool $state -type f -exec sha256sum {} +
}

# When each mailbox was read.
readings() {
	stat -c '%n %x' $spool/mrose $spool/jmyers
}

nothing_is_changed() {
	sound "$1"
	logs mrose 'session: '
	printf 'pop3-handler journal 1\n' >$state/'!var!mail!jmyers%journal'
	: >$state/'!var!mail!jmyers'
	chown -h 901:901 $state/*
	echo x >$spool/jmyers
	chown 2002:8 $spool/jmyers
	echo 1 >$spool/jmyers.lock
	touch -a -d '3 days ago' $spool/*
	readings >/run/test/before
	check mrose jmyers
	readings | diff /run/test/before - >&2
	tree >/run/test/before
	check mrose jmyers nobody-here
	check --as-json mrose jmyers
	tree | diff /run/test/before - >&2
}

@test "it changes nothing, and does not even seem to have read the mailbox" {
	root_only
	in_private_system nothing_is_changed "$certificates"
}

state_is_made_by_a_login_only() {
	rmdir $state
	check mrose
	fails 'state directory' "$state is not there, and uid 901 cannot make it" \
		'make it: install -d -m 700 .*'
	[ ! -e $state ]
}

@test "it does not make the state directory" {
	root_only
	in_private_system state_is_made_by_a_login_only
}

# --- the ten usual mistakes ---------------------------------------------------

# In the order of README.md: each is named by --check and by the log.
ten_mistakes() {
	local good=("${options[@]}")

	sound "$1"
	good=("${options[@]}")

	# 1. no certificate. (What the log says to a client of another machine is
	# in cleartext.bats.)
	options=()
	check
	warns certificate 'there is none: passwords are taken from this machine only' \
		'put it into .*'
	warns capabilities 'nobody can log in from other machines on port 110: .*' \
		'give it a certificate; .*'

	# 2. a certificate that was not renewed
	use_certificate expired
	check
	warns certificate '/run/test/tls/expired.pem expired [0-9]+ days ago: .*renewed' \
		'.*'

	# 3. certificate and key are not of each other
	use_certificate server rsa
	check
	fails certificate 'no TLS: .*rsa.key does not belong to the certificate: both must be renewed together' \
		'.*'
	logs_stls 'no TLS: .*rsa.key does not belong to the certificate: both must be renewed together'
	options=("${good[@]}")

	# 4. no service user
	check --user=nobody-here
	fails 'service user' 'nobody-here is no user' 'make one, .*'
	options+=(--user=nobody-here)
	logs mrose 'no service user nobody-here: make one, or name another'
	options=("${good[@]}")

	# 5. the state directory is another's, or open to others
	chmod 755 $state
	check
	fails 'state directory' "state directory $state must belong to uid 901 and be of mode 700; .*" \
		'chown it to that uid, and chmod 700 it'
	logs mrose "state directory $state must belong to uid 901 and be of mode 700"
	chmod 700 $state
	chown 0:0 $state
	check
	fails 'state directory' '.* must belong to uid 901 .*' '.*'
	chown 901:901 $state

	# 6. no dotlocks: the service user is not in the group of the spool
	sed -i 's/^mail:x:8:.*/mail:x:8:/' /etc/group
	check mrose
	warns 'spool directory' 'no dotlock can be made in /var/mail/, of group mail, mode 2775: .*' \
		'make the service user a member of that group, .*'
	warns 'mrose: mailbox' '.* lets no dotlock be made beside .*' \
		'make the service user a member .*'
	logs mrose 'no dotlock for /var/mail/mrose: .*: the service user must be in the directory.s group'
	sed -i 's/^mail:x:8:/mail:x:8:pop3-handler/' /etc/group

	# 7. the mailbox is root's, who has copied it, or is open to all
	chown root $spool/mrose
	check mrose
	fails 'mrose: mailbox' 'refusing mailbox .*: belongs to another user: uid 0, and not 2001: chown it' \
		'it must be an mbox in a plain file of its user, .*'
	logs mrose 'refusing mailbox .*: belongs to another user: uid 0, and not 2001: chown it'
	chown mrose $spool/mrose
	chmod 666 $spool/mrose
	check mrose
	fails 'mrose: mailbox' 'refusing mailbox .*: everybody may write to it: chmod o-w it' '.*'
	logs mrose 'refusing mailbox .*: everybody may write to it: chmod o-w it'
	chmod 660 $spool/mrose

	# 8. the mailbox is no mbox
	echo 'no mail' >$spool/mrose
	check mrose
	fails 'mrose: mailbox' 'refusing mailbox .*: not an mbox: no From_ line at its start: move it away' \
		'it must be an mbox .*'
	logs mrose 'refusing mailbox .*: not an mbox: no From_ line at its start: move it away'
	: >$spool/mrose

	# 9. the account is expired, locked, must change its password, or has a
	# uid that is not served
	check expired locked stale lowly
	fails 'expired: account' '.* as the account has expired' 'chage -E -1 .*'
	logs expired 'refused: .*reason=expired'
	fails 'locked: account' '.* as its password is locked' 'passwd -u .*'
	logs locked 'refused: .*reason=locked'
	fails 'stale: account' '.* as its password must be changed' '.*passwd.*'
	logs stale 'refused: .*reason=must-change'
	fails 'lowly: account' '.* as its uid is below the lowest that is served' \
		'--min-uid=UID, .*'
	logs lowly 'refused: .*reason=uid-too-low'

	# 10. a program that died has left its dotlock
	echo 1 >$spool/mrose.lock
	touch -d '10 minutes ago' $spool/mrose.lock
	check mrose
	fails 'mrose: locks' 'dotlock .*mrose.lock of process 1, since .*, for [0-9]+ s' \
		'see whether that process lives .*'
	logs mrose '/var/mail/mrose is locked by another program: dotlock .*mrose.lock of process 1, since .*: remove it if that program is gone'
	rm $spool/mrose.lock
}

# The same of who asks for STLS.
logs_stls() {
	printf '%s\r\n' CAPA QUIT | /run/test/pop3-handler --log=stderr \
		"${options[@]}" 2>/run/test/log.txt >/run/test/replies || :
	grep -qE "$1" /run/test/log.txt
}

@test "the ten usual mistakes are named by --check and by the log" {
	root_only
	in_private_system ten_mistakes "$certificates"
}

# --- other faults --------------------------------------------------------------

faults_of_mailboxes() {
	sound "$1"
	mv $spool/mrose $spool/elsewhere
	ln -s $spool/elsewhere $spool/mrose
	check mrose
	fails 'mrose: mailbox' 'refusing mailbox .*: is a symbolic link' '.*'
	rm $spool/mrose
	ln $spool/elsewhere $spool/mrose
	check mrose
	fails 'mrose: mailbox' 'refusing mailbox .*: has more than one link' '.*'
	rm $spool/elsewhere
	chmod 400 $spool/mrose
	check mrose
	fails 'mrose: mailbox' 'refusing mailbox .*: its owner may not read and write it: mode 400' \
		'.*'
	rm $spool/mrose
	mkdir $spool/mrose
	check mrose
	fails 'mrose: mailbox' 'refusing mailbox .*: not a regular file' '.*'
	rmdir $spool/mrose
	mkfifo $spool/mrose
	chown mrose $spool/mrose
	check mrose
	fails 'mrose: mailbox' 'refusing mailbox .*: not a regular file' '.*'
	rm $spool/mrose
	check mrose
	finds 'ok    mrose: mailbox: .* is not there: no mail has come yet'
	check nobody-here
	fails 'nobody-here: account' 'system has no such account' '.*'
	options+=(--maildrop=/nowhere/%u)
	check mrose
	fails 'spool directory' '/nowhere/: No such file or directory' '.*'
	fails 'mrose: mailbox' 'cannot open the directory of /nowhere/mrose: .*' '.*'
}

@test "a mailbox that cannot be used is told of, and why" {
	root_only
	in_private_system faults_of_mailboxes "$certificates"
}

faults_of_certificates() {
	local name

	sound "$1"
	for name in koblitz weak; do
		use_certificate "$name"
		check
		fails certificate 'no TLS: .*' '.*'
	done
	use_certificate server encrypted
	check
	fails certificate 'no TLS: .*encrypted.key is encrypted: .*' '.*'
	use_certificate server public
	chmod 644 /run/test/tls/public.key
	check
	fails certificate 'no TLS: .*public.key can be used by others: chmod 600 it' \
		'.*'
	use_certificate reversed server
	check
	fails certificate 'no TLS: .*reversed.pem has its certificates in the wrong order: .*' \
		'.*'
	use_certificate nowhere server
	check
	fails certificate 'no TLS: .*nowhere.pem is not there: .*' '.*'
	use_certificate ending
	check
	warns certificate '.*ending.pem expires in [0-9]+ days: renew it' '.*'
	options=(--allow-cleartext)
	check
	warns certificate 'there is none, and passwords are taken in clear .*' '.*'
	options=(--tls-key=/run/test/tls/server.key)
	check
	fails options 'there is a key but no certificate: .*' '.*'
}

@test "a certificate that cannot be used is told of, and why" {
	root_only
	in_private_system faults_of_certificates "$certificates"
}

faults_of_the_system() {
	check
	fails ports 'nobody listens on port 110 or 995: .*' 'systemctl enable .*'
	listens 110 dovecot
	check
	warns ports 'port 110 is taken by dovecot \(process [0-9]+\)' 'stop it, .*'

	mount -t tmpfs -o mode=2775,gid=8,size=1m none $spool
	dd if=/dev/zero of=$spool/full bs=4k 2>/dev/null || :
	check
	fails 'spool directory' 'the disk of /var/mail/ has 0 KiB left' \
		'make room there'
	umount $spool
	mount -o bind,ro $spool $spool
	check
	fails 'spool directory' '/var/mail/ is mounted for reading only' '.*'
	umount $spool
	chmod 777 $spool
	check
	warns 'spool directory' 'everybody may remove mailboxes .*' '.*'

	chmod 600 /etc/shadow
	check
	finds 'ok    accounts: system answers'
	rm /etc/shadow
	mkdir /etc/shadow
	check
	fails accounts 'cannot look up accounts in shadow: .*' '.*'
}

@test "ports, disks, directories and accounts that are not as they must be" {
	root_only
	in_private_system faults_of_the_system
}

accounts_file() {
	install -m "${2-600}" /dev/stdin /run/test/accounts <<-END
		$1
	END
}

faults_of_files() {
	options=(--accounts=/run/test/accounts)
	check
	fails accounts 'cannot open /run/test/accounts: .*' '.*'
	fails accounts '/run/test/accounts cannot be used: nobody can log in' '.*'
	accounts_file 'mrose:{SHA512-CRYPT}x:2001:2001' 666
	check
	fails accounts 'refusing accounts file .*: others may change it: mode 666' \
		'.*'
	accounts_file 'mrose:x:vmail:vmail::/nonexistent:' 644
	check mrose
	warns accounts 'everybody can read the hashes in /run/test/accounts' '.*'
	fails 'mrose: account' "the accounts file's line of mrose cannot be used: .*" \
		'.*'
	logs mrose "the accounts file's line of mrose cannot be used: "
	accounts_file 'mrose:{PLAIN}secret:2001:2001::/nonexistent:'
	check mrose
	fails 'mrose: account' '.* as it has no hash that crypt\(3\) knows' '.*'
	logs mrose 'refused: .*reason=unusable-hash'
}

@test "an accounts file that cannot be used, and a line in it" {
	root_only
	in_private_system faults_of_files
}

nobody_to_ask() {
	options=(--accounts=pam)
	check mrose
	fails accounts 'cannot check a password: .*: No such file or directory' \
		'systemctl enable --now pop3-auth.socket, .*'
	fails 'mrose: account' 'cannot check a password: .*' 'see the line .*'
}

@test "accounts whose passwords nobody is there to check" {
	root_only
	in_private_system nobody_to_ask
}

# A lock of each kind, of a process that is called so.
holds_lock() {
	python3 -c '
import fcntl, sys, time
with open("/proc/self/comm", "w") as comm:
    comm.write("procmail")
file = open("/var/mail/mrose", "r+")
getattr(fcntl, sys.argv[1])(file, fcntl.LOCK_EX)
open("/run/test/locked", "w").close()
time.sleep(100)' "$1" &
	holder=$!
	await test -e /run/test/locked
	rm /run/test/locked
	check mrose
	kill "$holder"
}

locks() {
	sound "$1"
	holds_lock lockf
	warns 'mrose: locks' '/var/mail/mrose is locked \(POSIX\) by procmail \(process [0-9]+\)' \
		'none, unless it stays .*'
	holds_lock flock
	warns 'mrose: locks' '/var/mail/mrose is locked \(FLOCK\) by procmail \(process [0-9]+\)' \
		'.*'
	start_session
	check mrose
	finds 'ok    mrose: control files: a session has the mailbox: pop3-handler \(process [0-9]+\); .*'
	finds 'ok    mrose: mailbox: .*: 1 messages, 17 octets; .*'
	ask QUIT '+OK dewey POP3 server signing off (1 message left)'
	check mrose
	finds 'ok    mrose: control files: no session, no interrupted update'
}

start_session() {
	mkfifo /run/test/to /run/test/from
	/run/test/pop3-handler --log=stderr "${options[@]}" </run/test/to \
		>/run/test/from 2>/run/test/log.txt 3>&- &
	exec {to}>/run/test/to {from}</run/test/from
	hear
	log_in mrose
}

@test "whoever holds a lock, or has a session, is named with the process" {
	root_only
	in_private_system locks "$certificates"
}

interrupted() {
	sound "$1"
	logs mrose 'session: '
	printf 'pop3-handler journal 1\n' >$state/'!var!mail!mrose%journal'
	check mrose
	warns updates 'an update of /var/mail/mrose was interrupted and waits .*' \
		'pop3-handler --recover; .*'
	warns 'mrose: control files' 'an update was interrupted and waits .*' '.*'
	: >$state/'!var!mail!mrose%journal'
	: >$state/'!var!mail!mrose%aside'
	check mrose
	warns updates 'an update of /var/mail/mrose could not be finished: .*' \
		'keep it .*'
	warns 'mrose: control files' 'a redo log, .*, is set aside .*' 'keep it .*'
}

@test "an interrupted update, and a redo log that was set aside" {
	root_only
	in_private_system interrupted "$certificates"
}

imported() {
	sound "$1"
	/run/test/pop3-handler --log=stderr "${options[@]}" \
		--import-uidl=popa3d mrose
	check mrose
	finds 'ok    mrose: control files: unique ids that were imported are there .*'
}

@test "imported unique ids" {
	root_only
	in_private_system imported "$certificates"
}

index_holds() {
	sound "$1"
	touch -d '1 hour ago' $spool/mrose
	sleep 0.1
	logs mrose 'session: '
	check mrose
	finds 'ok    mrose: mailbox: .*; its index holds'
	{ echo "$from_line"; printf 'Subject: y\n\ny\n\n'; } >>$spool/mrose
	check mrose
	finds 'ok    mrose: mailbox: .*: 2 messages, .*; its index is of an earlier moment'
}

@test "an index that holds, and one that does not any more" {
	root_only
	in_private_system index_holds "$certificates"
}

as_the_service_user() {
	listens 110 inetd
	ended=0
	setpriv --reuid pop3-handler --regid pop3-handler --init-groups \
		/run/test/pop3-handler --check mrose >"$found" 2>&1 || ended=$?
	assert_equal "$ended" 0
	finds 'ok    accounts: system answers'
	finds "ok    state directory: $state"
	finds 'ok    ports: somebody listens on port 110; only root can see who'
	warns program '.*, not as root: not all can be seen' 'run this as root'
	warns 'mrose: mailbox' 'only root can look at the mailbox as its user' \
		'run this as root'
	sed -i 's/^shadow:x:42:.*/shadow:x:42:/' /etc/group
	setpriv --reuid pop3-handler --regid pop3-handler --init-groups \
		/run/test/pop3-handler --check mrose >"$found" 2>&1 || ended=$?
	fails accounts 'cannot look up accounts in shadow: Permission denied' \
		'let the service user read it: .*'
}

@test "the service user can ask, too, and is told what only root can see" {
	root_only
	in_private_system as_the_service_user
}

# --- as anybody ----------------------------------------------------------------

@test "an ordinary user can ask about an own server" {
	mailbox_of 120 200
	check_as mrose
	assert_ended 0
	grep -qE '^ok    mrose: mailbox: .*: 2 messages, 320 octets; no index$' \
		"$work/found"
}

@test "--as-json is an array of objects with five members each" {
	mailbox_of 120
	account 'quo"te'
	check_as --as-json mrose 'quo"te' 'back\slash' $'\e\xe9'
	assert_ended 1
	python3 - "$work/found" <<-'END'
		import json, sys
		lines = json.load(open(sys.argv[1]))
		members = {"result", "user", "question", "finding", "cure"}
		assert all(line.keys() == members for line in lines)
		assert {line["result"] for line in lines} == {"ok", "warn", "FAIL"}
		assert {line["user"] for line in lines} == {
		    None, "mrose", 'quo"te', "back\\slash", "??"}
		assert all(line["cure"] for line in lines if line["result"] == "FAIL")
	END
}

@test "users are for --check alone, and so is --as-json" {
	converse mrose </dev/null
	assert_ended 100
	grep -q "unexpected argument 'mrose'" "$log"
	converse --as-json </dev/null
	assert_ended 100
}
