//! Dense registers: 6 bits each, one behind the other, lowest bits first; four of them fill three bytes.
//!
//! All functions take the 12288 bytes behind the header. Reading all registers takes three bytes a step and
//! no branch. Source: the layout of Redis 7.2.4 (`HLL_DENSE_GET_REGISTER`).

const MASK: u32 = 63;

/// The numbers of all registers in order.
pub fn numbers(bytes: &[u8]) -> impl Iterator<Item = u8> {
    let (groups, _) = bytes.as_chunks::<3>();
    groups.iter().flat_map(|&[a, b, c]| {
        let word = u32::from_le_bytes([a, b, c, 0]);
        [0, 6, 12, 18].map(|shift| (word >> shift & MASK) as u8)
    })
}

/// Place of a register: its three bytes, and its shift in them.
fn place(register: usize) -> (usize, u32) {
    (register / 4 * 3, register as u32 % 4 * 6)
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], 0])
}

/// The number of a register.
pub fn get(bytes: &[u8], register: usize) -> u8 {
    let (at, shift) = place(register);
    (word(bytes, at) >> shift & MASK) as u8
}

/// Sets a register to a number of at most 6 bits.
pub fn set(bytes: &mut [u8], register: usize, number: u8) {
    let (at, shift) = place(register);
    let word = word(bytes, at) & !(MASK << shift) | u32::from(number) << shift;
    bytes[at..at + 3].copy_from_slice(&word.to_le_bytes()[..3]);
}

/// Sets a register to a number if it holds a smaller one; whether it did.
pub fn raise(bytes: &mut [u8], register: usize, number: u8) -> bool {
    let raised = get(bytes, register) < number;
    if raised {
        set(bytes, register, number);
    }
    raised
}
