# For the suites of what is installed, under a real systemd that is booted for
# each test (tests/systemd/lab). Load common and network first.

lab=$BATS_TEST_DIRNAME/../systemd/lab
probe=$BATS_TEST_DIRNAME/../systemd/probe.c

# For setup_file: $tree is what make install puts into a DESTDIR; $why_not says
# why no lab can be had, if so.
make_tree() {
	export tree=$BATS_FILE_TMPDIR/tree why_not=
	# What a make above us was told is not for this one.
	env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS \
		make -s -C "$BATS_TEST_DIRNAME/../.." install DESTDIR="$tree"
}

try_lab() {
	local status=0

	why_not=$("$lab" "$tree" true 2>&1) || status=$?
	[ "$status" -eq 77 ] || [ "$status" -eq 0 ] || fail "$why_not"
}

# A tree that a test may add to.
own_tree() {
	root_only
	cp -a "$tree" "$work/tree"
	tree=$work/tree
}

# in_lab FUNCTION [ARG...]: runs it there, with all functions there are. The
# system's journal goes to $log.
in_lab() {
	root_only
	[ -z "$why_not" ] || skip "$why_not"
	"$lab" "$tree" timeout 120 bash -c "
		set -euE
		trap 'echo \"failed: \$BASH_COMMAND\" >&2' ERR
		log=/run/log.txt mailbox=/var/mail/mrose from_line='$from_line'
		$(declare -f)
		journalctl --follow --lines=all --output=short >\$log &
		\"\$@\"
	" bash "$@" 3>&-
}

# with_certificates FUNCTION: in a lab that has them in /srv.
with_certificates() {
	own_tree
	mkdir "$tree/srv"
	cp "$certificates"/{ca,server,rsa}.pem "$certificates"/{server,rsa}.key \
		"$tree/srv"
	in_lab "$1"
}

# with_filters FUNCTION: the same with fail2ban's filter, which stands beside
# what it includes.
with_filters() {
	local filters

	command -v fail2ban-regex >/dev/null || skip 'needs fail2ban-regex'
	/usr/bin/python3 -c 'import systemd.journal' || skip 'needs python3-systemd'
	own_tree
	filters=$tree/opt/filter.d
	mkdir -p "$filters"
	cp /etc/fail2ban/filter.d/common.conf \
		"$tree"/usr/local/share/doc/pop3-handler/fail2ban/filter.d/*.conf \
		"$filters"
	in_lab "$1" /opt/filter.d/pop3-handler.conf
}

# probe_finds_little FUNCTION DESCRIPTORS: with the probe installed in place of
# the handler, FUNCTION shows what it says. Newer systemd says EACCES for some
# of the EPERM.
probe_finds_little() {
	own_tree
	cc -O2 -o "$tree/usr/local/sbin/pop3-handler" "$probe"
	in_lab "$1" >"$work/found"
	diff - "$work/found" <<-END
		core: 0
		descriptors: $2
		namespace: ipc
		namespace: mnt
		namespace: net
		writable: /tmp /var/lib/pop3-handler /var/mail /var/tmp
		/home: EPERM
		/lib/modules: EPERM
		/tmp:
		/var/tmp:
		other devices: ENOENT
		other processes: ENOENT
		more in /proc: ENOENT
		other programs: EPERM
		state directory: /var/lib/pop3-handler
		other sockets: ENOENT
		own code: EPERM
		own code: EPERM
		own code: EPERM
		own code: EPERM
		new file: yes
		its mode: 700
		set-user-id: EPERM
		given to itself: EPERM
		AF_UNIX: yes
		AF_INET: EAFNOSUPPORT
		AF_INET6: EAFNOSUPPORT
		AF_NETLINK: EAFNOSUPPORT
		prctl: yes
		seccomp: yes
		landlock_create_ruleset: let through
		landlock_add_rule: let through
		landlock_restrict_self: let through
		memory: yes
		code to write: EPERM
		personality: EPERM
		ptrace: EPERM
		priority: EPERM
		locked memory: EPERM
		keyring: EPERM
		asynchronous I/O: EPERM
		user namespace: EPERM
	END
}

# --- inside -------------------------------------------------------------------

own() {
	:
}

# add_account [NAME]
add_account() {
	local name=${1-mrose}

	useradd --create-home "$name"
	echo "$name:secret" | chpasswd
	install -o "$name" -g mail -m 660 /dev/null "/var/mail/$name"
}

two_messages() {
	message 120 1 | deliver
	message 200 2 | deliver
}

only_the_second() {
	{ echo "$from_line"; message 200 2; echo; } | cmp - "$mailbox"
}

# drop_in UNIT: puts what it reads there.
drop_in() {
	mkdir -p "/run/systemd/system/$1.d"
	cat >"/run/systemd/system/$1.d/test.conf"
	systemctl daemon-reload
}

# new_socket: with a drop-in of what it reads.
new_socket() {
	drop_in pop3.socket
	systemctl restart pop3.socket
}

set_options() {
	mkdir -p /etc/default
	echo "OPTIONS=$*" >/etc/default/pop3-handler
}

# property UNIT NAME: its value.
property() {
	systemctl show --property="$2" --value "$1"
}

# has_closed SOCKET: because its service was started too often.
has_closed() {
	[ "$(property "$1.socket" Result)" = trigger-limit-hit ]
}

# connect PORT: whether somebody listens.
connect() {
	(: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# The fields of the newest entry, a line each, without those of the journal.
entry() {
	journalctl --output=json --lines=1 "$@" | python3 -c '
import json, sys
for name, value in sorted(json.load(sys.stdin).items()):
    if not name.startswith("_"):
        print(f"{name}={value}")'
}

# A refusal of ours, and what anybody may write by way of each socket of the log.
forged() {
	local line='refused: client=198.51.100.9 user=x reason=auth' to

	add_account
	dial
	log_in root
	assert_equal "$heard" '-ERR [AUTH] user name or password is wrong'
	setpriv --reuid mrose --regid mrose --clear-groups bash -c "
		logger -t pop3-handler -p mail.notice '$line'
		printf 'MESSAGE=%s\n' '$line' _SYSTEMD_SLICE=system-pop3.slice \
			SYSLOG_IDENTIFIER=pop3-handler | logger --journald
		sleep 0.2"
	assert_noted '198.51.100.9'
	assert_noted 'refused: client=127.0.0.1'
	journalctl --sync
	fail2ban-regex --out '<ip>' systemd-journal "$1"
}

# use_certificate NAME: as in README.md.
use_certificate() {
	chown root:root /srv/*.key
	chmod 600 /srv/*.key
	ln -sf "/srv/$1.pem" /etc/pop3-handler/tls-cert.pem
	ln -sf "/srv/$1.key" /etc/pop3-handler/tls-key.pem
}

# s_client PORT [OPTION...]: what is said inside goes to /run/said.
s_client() {
	timeout 60 openssl s_client -connect "127.0.0.1:$1" -ign_eof -nocommands \
		-CAfile /srv/ca.pem -verify_return_error "${@:2}" >/run/said \
		2>/run/complaints < <(printf '%s\r\n' 'AUTH PLAIN AG1yb3NlAHNlY3JldA==' QUIT)
	grep -q "^+OK mrose's maildrop has 0 messages" /run/said
}

# Sets $handler to the process at the other end of $to. systemd, or a listener,
# may have that, too.
find_session() {
	local inode listener port

	inode=$(stat -Lc %i "/proc/$$/fd/$to")
	port=$(ss -Htne | awk -v ino="ino:$inode" 'index($0 " ", ino " ") {
		sub(/.*:/, "", $4); print $4 }')
	listener=$(property pop3.service MainPID)
	handler=$(ss -Htnp "dport = :$port" | grep -o '"pop3-handler",pid=[0-9]*' |
		cut -d= -f2 | sort -u | grep -vx "$listener")
	[ -n "$handler" ] || fail 'nobody has this connection'
}

is_traced() {
	grep -qs '^TracerPid:.[1-9]' "/proc/$1/status" || [ ! -e "/proc/$1" ]
}

# trace PID OPTION...: with strace, which is process $tracer.
trace() {
	strace -qq -o /dev/null -p "$1" "${@:2}" &
	tracer=$!
	await is_traced "$1"
}

# A session that removes a message, and has that fault where the mailbox would be
# cut: with_fault FAULT.
with_fault() {
	dial_in
	find_session
	trace "$handler" -P "$mailbox" -e "inject=ftruncate:$1"
	ask 'DELE 1' '+OK message 1 deleted'
	say QUIT
}

kill_before_truncation() {
	with_fault signal=KILL
	assert_closed
}

# What is new is there, and some of the old is behind it.
interrupt_update() {
	cp "$mailbox" /run/old
	kill_before_truncation
	refute cmp -s /run/old "$mailbox"
	refute only_the_second 2>/dev/null
}

# What must not be seen; and what the probe says, of the namespaces those that
# are not ours.
trap_for_probe() {
	mkdir -p /home/mrose /lib/modules/6 /run/docker.sock
	touch /dev/marker /tmp/marker /var/tmp/marker
}

without_ours() {
	grep -vF "$(readlink /proc/self/ns/{ipc,mnt,net,user})" |
		sed 's/:\[.*//; s/EACCES/EPERM/'
}

# The items that systemd-analyze security counts as open.
open_items() {
	systemd-analyze security --offline=true --json=short "$1" | python3 -c '
import json, sys
print("\n".join(sorted(item["name"] for item in json.load(sys.stdin)
                       if item["exposure"])))'
}

# left_open UNIT...: each has its reason: accounts and their groups are what it
# is about.
left_open() {
	local unit

	for unit; do
		unit=/usr/local/lib/systemd/system/$unit
		systemd-analyze security --offline=true --threshold=10 \
			"$unit" >/run/exposure || fail "$(</run/exposure)"
		grep -o 'exposure level for .*' /run/exposure >&2
		open_items "$unit" >/run/open
		diff - /run/open <<-'END'
			AmbientCapabilities=
			CapabilityBoundingSet=~CAP_SET(UID|GID|PCAP)
			DeviceAllow=
			PrivateUsers=
			RestrictAddressFamilies=~AF_UNIX
			RootDirectory=/RootImage=
			SupplementaryGroups=
			SystemCallFilter=~@privileged
		END
	done
}

# What the process at $handler has before the login: two capabilities.
assert_service_user() {
	local id mail shadow

	id=$(id -u pop3-handler)
	mail=$(getent group mail | cut -d: -f3)
	shadow=$(getent group shadow | cut -d: -f3)
	assert_process Uid "$id $id $id $id"
	assert_process Gid "$id $id $id $id"
	assert_process Groups "$mail $shadow $id"
	assert_process CapInh 0000000000000000
	assert_process CapPrm 00000000000000c0
	assert_process CapEff 00000000000000c0
	assert_process CapAmb 0000000000000000
	assert_process CapBnd 00000000000000c0
	assert_process NoNewPrivs 1
	assert_process Seccomp 2
}

# The same of mrose.
assert_account() {
	local account mail

	account=$(id -u mrose)
	mail=$(getent group mail | cut -d: -f3)
	assert_process Uid "$account $account $account $account"
	assert_process Gid "$account $account $account $account"
	assert_process Groups "$mail $account"
	assert_process CapInh 0000000000000000
	assert_process CapPrm 0000000000000000
	assert_process CapEff 0000000000000000
	assert_process CapAmb 0000000000000000
	assert_process CapBnd 00000000000000c0
	assert_process NoNewPrivs 1
	assert_process Seccomp 2
}
