//! Disk images made up byte by byte.

/// Numbers without a pattern, always the same.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    })
    .take(length)
    .collect()
}

/// A raw disk of noise with the mark of a boot sector.
pub(crate) fn raw(length: usize) -> Vec<u8> {
    let mut bytes = noise(length);
    bytes[510..512].copy_from_slice(b"\x55\xAA");
    bytes
}

/// Text of few letters: what takes long to compress well.
pub(crate) fn slow(length: usize) -> Vec<u8> {
    let mut bytes = noise(length);
    for byte in &mut bytes {
        *byte = b'a' + *byte % 5;
    }
    bytes[510..512].copy_from_slice(b"\x55\xAA");
    bytes
}

/// Bytes of a cluster of [`qcow2`].
pub(crate) const CLUSTER: usize = 65536;

/// A qcow2 image of version 3: header, refcount table, L1, L2, and four
/// clusters of noise.
pub(crate) fn qcow2() -> Vec<u8> {
    let mut image = vec![0; 4 * CLUSTER];
    image.extend(noise(4 * CLUSTER));
    put(&mut image, 0, b"QFI\xfb");
    put(&mut image, 4, &3_u32.to_be_bytes());
    put(&mut image, 20, &16_u32.to_be_bytes());
    put(&mut image, 24, &(4 * CLUSTER as u64).to_be_bytes());
    put(&mut image, 36, &1_u32.to_be_bytes());
    put(&mut image, 40, &(2 * CLUSTER as u64).to_be_bytes());
    put(&mut image, 48, &(CLUSTER as u64).to_be_bytes());
    put(&mut image, 56, &1_u32.to_be_bytes());
    put(&mut image, 96, &4_u32.to_be_bytes());
    put(&mut image, 100, &104_u32.to_be_bytes());
    put(&mut image, 2 * CLUSTER, &(3 * CLUSTER as u64).to_be_bytes());
    for index in 0..4 {
        let host = (4 + index) * CLUSTER;
        put(
            &mut image,
            3 * CLUSTER + index * 8,
            &(host as u64).to_be_bytes(),
        );
    }
    image
}

/// [`qcow2`] with `bytes` at `offset`.
pub(crate) fn qcow2_with(offset: usize, bytes: &[u8]) -> Vec<u8> {
    let mut image = qcow2();
    put(&mut image, offset, bytes);
    image
}

/// [`qcow2`] over the backing file `name`.
pub(crate) fn qcow2_over(name: &str) -> Vec<u8> {
    let mut image = qcow2_with(8, &1024_u64.to_be_bytes());
    let length = u32::try_from(name.len()).expect("short");
    put(&mut image, 16, &length.to_be_bytes());
    put(&mut image, 1024, name.as_bytes());
    image
}

fn put(image: &mut [u8], offset: usize, bytes: &[u8]) {
    image[offset..offset + bytes.len()].copy_from_slice(bytes);
}
