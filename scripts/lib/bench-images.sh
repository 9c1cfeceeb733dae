# shellcheck shell=bash
# Sourced by scripts/bench: makes the disks it measures with.
#
# A benchmark on random or repeated bytes would flatter one side, so the data
# is a Debian system with a kernel and Python, about 800 MB, from the mirror this
# machine is set up with. Each file is made once, under another name until complete.

# Non-zero 64 KiB blocks of a qcow2 image, in bytes.
data_bytes() {
    local clusters
    clusters=$(qemu-img check -f qcow2 --output=json "$1" | sed -n 's/.*"allocated-clusters": \([0-9]*\).*/\1/p')
    echo $((clusters * 64 * 1024))
}

# A 10 GiB raw disk with a GPT and the system in one ext4 partition.
make_debian() { # OUT
    local release mirror work=$1.root
    release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
    # shellcheck disable=SC2016 # apt's own variable
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Release: $release" | sed -n 1p)

    rm -rf "$work"
    mkdir "$work"
    mmdebstrap --quiet --variant=minbase \
        --include="linux-image-$(dpkg --print-architecture),binutils,locales,python3" \
        "$release" "$work.tar" "$mirror"
    # Without the device nodes, which only root could make.
    tar -C "$work" -xf "$work.tar" --exclude='./dev/*'

    truncate -s 10G "$1"
    sfdisk --quiet "$1" <<<$'label: gpt\nstart=1MiB, type=linux, name=root'
    # One MiB at either end is for the partition table and its copy.
    mke2fs -q -t ext4 -E offset=1048576 -d "$work" "$1" $((10 * 1024 - 2))M
    rm -rf "$work" "$work.tar"
}

make_qcow2() { # OUT FROM OPTION...
    local out=$1 from=$2
    shift 2
    qemu-img convert -f raw -O qcow2 "$@" "$from" "$out"
}

make_10t() { # OUT FROM
    cp --reflink=auto "$2" "$1"
    qemu-img resize -q -f qcow2 "$1" 10T
}

# The first 120 MiB of the Debian disk hold about 100 MB of data.
make_small_10t() { # OUT FROM
    qemu-img convert -O qcow2 --image-opts "driver=raw,size=120M,file.driver=file,file.filename=$2" "$1"
    qemu-img resize -q -f qcow2 "$1" 10T
}

# Makes a file by a function unless it is there.
once() { # OUT FUNCTION ARGUMENT...
    local out=$1 make=$2
    shift 2
    [[ ! -e $out ]] || return 0
    echo "bench: making $out" >&2
    rm -rf "$out.part"
    "$make" "$out.part" "$@"
    mv "$out.part" "$out"
}

build_images() { # DIRECTORY
    local dir=$1
    mkdir -p "$dir"
    once "$dir/debian.raw" make_debian
    once "$dir/debian.qcow2" make_qcow2 "$dir/debian.raw"
    once "$dir/debian-deflate.qcow2" make_qcow2 "$dir/debian.raw" -c -o compression_type=zlib
    once "$dir/debian-deflate-v2.qcow2" make_qcow2 "$dir/debian.raw" -c -o compat=0.10
    once "$dir/debian-zstd.qcow2" make_qcow2 "$dir/debian.raw" -c -o compression_type=zstd
    once "$dir/debian-10t.qcow2" make_10t "$dir/debian.qcow2"
    once "$dir/small-10t.qcow2" make_small_10t "$dir/debian.raw"
}
