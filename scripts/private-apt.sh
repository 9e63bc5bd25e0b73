# private-apt.sh: apt with a state of its own, for scripts that fetch packages and install none.
# To be sourced; works in sh, needs no root, and leaves the machine's apt as it is.
#
#   apt_open DIR SUITE   a state in DIR that knows the Debian release SUITE with its updates and
#                        security archive, and no installed package; fetches the lists
#   apt_get ARGUMENTS    apt-get in that state; ends the script with apt's first error if it fails
#
# The archives are those that the machine uses, by whatever mirror: its own entries with another
# suite. Signatures are checked, with the key that they name or else Debian's own keyring.

apt_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

apt_fail() {
    echo "$(basename "$0" .sh): $*" >&2
    exit 1
}

# One line "KEYRING URI" for each entry of the deb822 files *.sources that is not disabled.
apt_deb822_entries() {
    find /etc/apt/sources.list.d -name '*.sources' -exec awk -v default="$apt_keyring" '
        function flush(  i) {
            for (i = 1; i <= count && !disabled; i++) print keyring, uri[i]
            count = disabled = 0; keyring = default
        }
        BEGIN { keyring = default }
        FNR == 1 || /^[ \t]*$/ { flush() }
        tolower($1) == "enabled:" { disabled = tolower($2) == "no" }
        tolower($1) == "signed-by:" && $2 ~ /^\// { keyring = $2 }
        tolower($1) == "uris:" { for (i = 2; i <= NF; i++) uri[++count] = $i }
        END { flush() }' {} +
}

# The same for the entries in the one-line format: deb [option=value ...] uri suite component...
apt_list_entries() {
    find /etc/apt/sources.list /etc/apt/sources.list.d -name '*.list' -exec \
        awk -v default="$apt_keyring" '
        $1 == "deb" {
            keyring = default
            if (match($0, /\[[^]]*\]/)) {
                if (match($0, /signed-by=\/[^] ]*/))
                    keyring = substr($0, RSTART + 10, RLENGTH - 10)
                sub(/\[[^]]*\]/, "")
            }
            print keyring, $2
        }' {} +
}

# The entries of SUITE in the archives /debian and /debian-security that this machine knows.
apt_suite_entries() {
    { apt_deb822_entries; apt_list_entries; } 2>/dev/null | sort -u | awk -v suite="$1" '
        function entry(name) { print "deb [ arch=amd64 signed-by=" $1 " ] " $2 " " name " main" }
        $2 ~ /\/debian([\/.]|$)/ { entry(suite); entry(suite "-updates") }
        $2 ~ /\/debian-security([\/.]|$)/ { entry(suite "-security") }'
}

apt_open() {
    command -v apt-get >/dev/null || apt_fail "needs apt-get: a Debian machine"
    mkdir -p "$1/lists/partial" "$1/cache/archives/partial" "$1/parts" "$1/preferences" ||
        apt_fail "cannot write in $1"
    apt_dir=$(cd "$1" && pwd)
    apt_suite_entries "$2" >"$apt_dir/parts/$2.list"
    [ -s "$apt_dir/parts/$2.list" ] || apt_fail "no Debian archive among apt's sources"
    : >"$apt_dir/status"
    apt_get update --error-on=any
}

apt_get() {
    apt-get -qq -y \
        -o Dir::Etc::SourceList="$apt_dir/none" -o Dir::Etc::SourceParts="$apt_dir/parts" \
        -o Dir::Etc::Preferences="$apt_dir/none" \
        -o Dir::Etc::PreferencesParts="$apt_dir/preferences" \
        -o Dir::State="$apt_dir" -o Dir::State::Lists="$apt_dir/lists" \
        -o Dir::State::status="$apt_dir/status" -o Dir::Cache="$apt_dir/cache" \
        -o Dir::Log="$apt_dir/log" -o APT::Architecture=amd64 -o APT::Architectures::=amd64 \
        -o APT::Install-Recommends=false -o APT::Sandbox::User="$(id -un)" \
        -o Debug::NoLocking=true \
        -o Acquire::Retries=3 -o Acquire::http::Timeout=30 -o Acquire::Languages=none \
        "$@" >"$apt_dir/output" 2>&1 && return
    sed 's/^/    /' "$apt_dir/output" | grep '^ *[EW]:' | head -n 5 >&2
    apt_fail "apt-get $1 failed"
}
