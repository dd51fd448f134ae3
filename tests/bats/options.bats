# The command line: what is taken, refused, and helped with.
load ../lib/common

# call OPTION...: with these options alone. $ended, $work/out and $log.
call() {
	ended=0
	timeout 60 "${as_reader[@]}" "$POP3_HANDLER" "$@" </dev/null \
		>"$work/out" 2>"$log" || ended=$?
}

assert_usage_error() {
	call "$@"
	assert_ended 100
	assert_equal "$(wc -l <"$log")" 1
	[ ! -s "$work/out" ]
}

@test "--help tells of every option and succeeds" {
	local option

	call --help
	assert_ended 0
	[ ! -s "$log" ]
	for option in accounts=SOURCE maildrop=TEMPLATE state=DIR user=NAME \
		hostname=NAME idle-timeout=SECONDS min-uid=UID \
		'uidl=content|popa3d' 'log=journal|syslog|stderr' check as-json help version
	do
		grep -qF -- "--$option" "$work/out"
	done
	refute grep -nE '.{81}' "$work/out"
}

@test "--version tells the version and succeeds" {
	call --version
	assert_ended 0
	[[ $(cat "$work/out") =~ ^pop3-handler\ [0-9]+\.[0-9]+(\.[0-9]+)?$ ]]
}

@test "an unknown option is wrong usage: one line, exit status 100" {
	assert_usage_error --unknown
	assert_usage_error -x
	assert_usage_error --help=yes
}

@test "an argument that is no option is wrong usage" {
	assert_usage_error mailbox
	grep -q "unexpected argument 'mailbox'" "$log"
	assert_usage_error -- --help
}

@test "an option without its value is wrong usage" {
	local option

	for option in accounts maildrop state user hostname idle-timeout \
		min-uid uidl log; do
		assert_usage_error "--$option"
	done
}

@test "an option with a wrong value is wrong usage" {
	local option

	for option in accounts= maildrop= maildrop=relative maildrop=/%x \
		maildrop=/x% state= state=relative user= hostname= \
		'hostname=two words' hostname=$'\xc3\xa9' \
		"hostname=$(printf '%256s' '' | tr ' ' h)" \
		idle-timeout= idle-timeout=0 idle-timeout=-1 idle-timeout=+1 \
		idle-timeout=1x idle-timeout=86401 idle-timeout=4294967297 \
		min-uid= min-uid=0 min-uid=-1 min-uid=x min-uid=4294967296 \
		uidl= uidl=dovecot log= log=file; do
		assert_usage_error "--$option"
		grep -qF -- "--${option%%=*} takes " "$log"
	done
}

@test "a wrong value that holds a line end is told in one line all the same" {
	assert_usage_error --hostname=$'a\nb'
	assert_usage_error $'a\nb'
}

@test "the system's accounts are for root alone: exit status 100" {
	call --log=stderr
	assert_ended 100
	assert_equal "$(wc -l <"$log")" 1
	[ ! -s "$work/out" ]
}

@test "--hostname is the name in the greeting" {
	options+=(--hostname=mail.example.org)
	session QUIT
	assert_reply 0 '+OK mail.example.org POP3 server ready'
	assert_reply 1 '+OK mail.example.org POP3 server signing off'
}

@test "without --hostname the greeting has the machine's name" {
	call --accounts="$accounts" --log=stderr
	assert_equal "$(head -n 1 "$work/out")" \
		"+OK $(uname -n) POP3 server ready"$'\r'
}

@test "--maildrop with %u is the login name" {
	mailbox_of 120
	transaction STAT
	assert_reply 1 '+OK 1 120'
}

@test "--maildrop with %h is the home directory" {
	mkdir "$work/home"
	message 120 | deliver "$work/home/mbox-mrose"
	options+=(--maildrop=%h/mbox-%u)
	transaction STAT
	assert_reply 1 '+OK 1 120'
}

@test "--maildrop with %% is a percent sign" {
	message 120 | deliver "$work/mail/%u-mrose%"
	options+=(--maildrop="$work/mail/%%u-%u%%")
	transaction STAT
	assert_reply 1 '+OK 1 120'
}

@test "a name or a home with a percent sign is not expanded again" {
	account 'm%h'
	message 120 | deliver "$work/mail/m%h"
	session 'USER m%h' 'PASS secret' STAT QUIT
	assert_reply 3 '+OK 1 120'
}

@test "a spool directory that is not there is a failure with a mailbox in hand: exit status 112" {
	options+=(--maildrop="$work/none/%u")
	session 'USER mrose' 'PASS secret'
	[[ ${reply[2]} == '-ERR [SYS/TEMP] '* ]]
	assert_ended 112
}

@test "--idle-timeout below ten minutes is taken with a warning (RFC 1939 section 3)" {
	options+=(--idle-timeout=599)
	session QUIT
	assert_accepted 0 1
	assert_logged '--idle-timeout=599 is less than the 600 seconds of RFC 1939'
}

@test "--idle-timeout of ten minutes is taken without a warning (RFC 1939 section 3)" {
	options+=(--idle-timeout=600)
	session QUIT
	assert_equal "$(wc -l <"$log")" 1
	options+=(--idle-timeout=86400)
	session QUIT
	assert_equal "$(wc -l <"$log")" 1
}

@test "a session without options for it has no warning" {
	session QUIT
	assert_equal "$(wc -l <"$log")" 1
}

@test "--uidl=content is the default" {
	mailbox_of 120 200
	fetch
	mv "$work/fetched/uidl" "$work/default"
	fetch --uidl=content
	cmp "$work/default" "$work/fetched/uidl"
	fetch --uidl=popa3d
	refute cmp -s "$work/default" "$work/fetched/uidl"
}

@test "--user that nobody has is a failure of the system (as root)" {
	root_only
	as_reader=()
	options+=(--user=no-such-user)
	session QUIT
	assert_ended 111
	[ ! -s "$replies" ]
}

@test "--user that is root is a failure of the system (as root)" {
	root_only
	as_reader=()
	options+=(--user=root)
	session QUIT
	assert_ended 111
	[ ! -s "$replies" ]
}

@test "the state directory is made, for its owner alone" {
	options+=(--state="$work/a/b/state")
	transaction QUIT
	assert_equal "$(stat -c '%a %u' "$work/a/b/state")" "700 $reader"
	assert_equal "$(find "$work/a/b/state" -type f -perm /077)" ''
	[ -n "$(find "$work/a/b/state" -type f)" ]
}

@test "a state directory that others may enter is refused" {
	mkdir -m 755 "$work/state"
	own "$work/state"
	session 'USER mrose' 'PASS secret'
	assert_reply 2 '-ERR [SYS/TEMP] maildrop cannot be opened now'
	assert_ended 111
	assert_logged "state directory $work/state must belong to uid $reader and be of mode 700"
}

@test "a state directory of another user is refused (as root)" {
	root_only
	mkdir -m 700 "$work/state"
	session 'USER mrose' 'PASS secret'
	assert_reply 2 '-ERR [SYS/TEMP] maildrop cannot be opened now'
	assert_ended 111
}

@test "a state directory that is a file is refused" {
	touch "$work/state"
	own "$work/state"
	session 'USER mrose' 'PASS secret'
	[[ ${reply[2]} == '-ERR [SYS/TEMP] '* ]]
	assert_ended 111
}

# transact [VARIABLE=VALUE...]: a session without --state.
transact() {
	printf '%s\r\n' 'USER mrose' 'PASS secret' QUIT >"$work/script"
	env -u STATE_DIRECTORY -u XDG_STATE_HOME "$@" "${as_reader[@]}" \
		"$POP3_HANDLER" --accounts="$accounts" --log=stderr \
		--maildrop="$work/mail/%u" "${options[@]}" \
		<"$work/script" >"$replies" 2>"$log"
	grep -q "^+OK mrose's maildrop" "$replies"
}

@test "without --state it is \$STATE_DIRECTORY" {
	transact STATE_DIRECTORY="$work/system" XDG_STATE_HOME="$work/xdg"
	[ -n "$(find "$work/system" -type f)" ]
	[ ! -e "$work/xdg" ]
}

@test "without that, for an ordinary user, it is \$XDG_STATE_HOME/pop3-handler" {
	transact XDG_STATE_HOME="$work/xdg" HOME="$work/home"
	[ -n "$(find "$work/xdg/pop3-handler" -type f)" ]
	[ ! -e "$work/home" ]
}

@test "without that it is ~/.local/state/pop3-handler" {
	transact HOME="$work/home"
	[ -n "$(find "$work/home/.local/state/pop3-handler" -type f)" ]
}

@test "a relative \$XDG_STATE_HOME is ignored, as its specification says" {
	transact XDG_STATE_HOME=relative HOME="$work/home"
	[ -n "$(find "$work/home/.local/state/pop3-handler" -type f)" ]
}

@test "--state comes before \$STATE_DIRECTORY" {
	export STATE_DIRECTORY=$work/system
	transaction QUIT
	[ -n "$(find "$work/state" -type f)" ]
	[ ! -e "$work/system" ]
}

@test "a conversation that ended properly has exit status 0, whoever ended it" {
	session QUIT
	assert_ended 0
	session NOOP
	assert_ended 0
	converse </dev/null
	assert_ended 0
	transaction
	assert_ended 0
}

@test "closed standard descriptors do not become the mailbox's" {
	[ "${OPEN_SANDBOX-}" != valgrind ] || skip 'valgrind wants its own'
	mailbox_of 120
	remember_mailbox
	words
	printf '%s\r\n' 'USER mrose' 'PASS secret' 'RETR 1' QUIT |
		"${run[@]}" 2>&- >"$replies"
	grep -q '^+OK 120 octets' "$replies"
	assert_mailbox_untouched
	"${run[@]}" <&- >&- 2>&- || :
}
