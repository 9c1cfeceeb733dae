# shellcheck shell=bash disable=SC2034 # the results are read by scripts/bench
# Sourced by scripts/bench: runs a contender and keeps what it took.

# Wall and processor seconds of every run, peak memory in KiB and output bytes
# of the last, by a key that names input and contender.
declare -A WALL CPU PEAK SIZE

median() { # NUMBER...
    printf '%s\n' "$@" | sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}
calc() { # EXPRESSION DECIMALS
    awk "BEGIN { printf \"%.${2}f\", $1 }"
}
seconds() { # KEY: the median of its runs
    # shellcheck disable=SC2086 # one word a run
    median ${WALL[$1]}
}
processor() { # KEY: the median of its runs' processor seconds
    # shellcheck disable=SC2086 # one word a run
    median ${CPU[$1]}
}

# Brings a file into memory. Not `cat`, which would fill memory with the holes.
warm() {
    tar -Scf - "$1" 2>/dev/null | cat >/dev/null
}

# One measured run. Every run finds its input in memory, and the file system
# done with what the run before wrote. /usr/bin/time counts the largest process.
run() { # KEY INPUT OUTPUT COMMAND...
    local key=$1 input=$2 output=$3 started ended peak user system
    shift 3
    sync
    warm "$input"
    started=$EPOCHREALTIME
    if ! /usr/bin/time --quiet -f '%M %U %S' -o "$OUT/spent" "$@" >"$OUT/log" 2>&1; then
        echo "bench: failed: $*" >&2
        cat "$OUT/log" >&2
        exit 1
    fi
    ended=$EPOCHREALTIME
    WALL[$key]+=" $(calc "$ended - $started" 3)"
    read -r peak user system <"$OUT/spent"
    CPU[$key]+=" $(calc "$user + $system" 2)"
    PEAK[$key]=$peak
    [[ -z $output ]] || SIZE[$key]=$(stat -c %s "$output")
    echo "bench: $key ${WALL[$key]##* } s" >&2
}

# The chain people use today. The descriptor is of no weight, so any file does.
# shellcheck disable=SC2016 # for the inner shell
THEIRS='
    set -e
    cd "$2"
    qemu-img convert -O vmdk -o subformat=streamOptimized "$1" disk.vmdk
    sha256sum disk.vmdk >x.mf
    tar --format=ustar -cf x.ova x.ovf disk.vmdk x.mf
'
theirs() { # KEY INPUT
    echo '<Envelope/>' >"$OUT/x.ovf"
    run "$1" "$2" "$OUT/x.ova" bash -c "$THEIRS" - "$2" "$OUT"
    rm -f "$OUT"/x.* "$OUT/disk.vmdk"
}

# Compares the disk inside the package with the input the first time a
# contender makes it: a fast wrong answer has no place in a table. qemu-img
# takes a minute to walk 10 TiB.
ours() { # KEY INPUT OPTION...
    local key=$1 input=$2
    shift 2
    run "$key" "$input" "$OUT/out.ova" "$OVFKIT" pack "$input" --cpus 2 --mem 2G -o "$OUT/out.ova" --force -q "$@"
    [[ ${WALL[$key]} == ' '*' '* ]] || verify "$input" "$OUT/out.ova"
    rm -f "$OUT/out.ova"
}

verify() { # INPUT OVA
    local member format
    member=$(tar -tf "$2" | grep -m1 '\.vmdk$')
    tar -xf "$2" -C "$OUT" "$member"
    format=$(image_format "$1")
    if [[ $(virtual_size "$format" "$1") != $(virtual_size vmdk "$OUT/$member") ]] ||
        ! qemu-img compare -q -f "$format" -F vmdk "$1" "$OUT/$member"; then
        echo "bench: the disk in the package differs from $1" >&2
        exit 1
    fi
    rm -f "$OUT/$member"
}
image_format() { if [[ $1 == *.raw ]]; then echo raw; else echo qcow2; fi; }
virtual_size() { # FORMAT FILE
    qemu-img info -f "$1" --output=json "$2" | sed -n 's/.*"virtual-size": \([0-9]*\).*/\1/p' | tail -n 1
}
