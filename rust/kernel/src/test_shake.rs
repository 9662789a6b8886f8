//! SHAKE-128 (FIPS 202), for the published tests that draw their inputs from it.

const RATE: usize = 168;

/// Absorbs bytes, then is read; not the other way round.
#[derive(Default)]
pub(crate) struct Shake128 {
    lanes: [u64; 25],
    at: usize,
    reading: bool,
}

impl Shake128 {
    pub(crate) fn absorb(&mut self, bytes: &[u8]) {
        assert!(!self.reading);
        for byte in bytes {
            self.add(self.at, *byte);
            self.at += 1;
            if self.at == RATE {
                self.permute();
            }
        }
    }

    pub(crate) fn read(&mut self, count: usize) -> Vec<u8> {
        if !self.reading {
            self.add(self.at, 0x1f);
            self.add(RATE - 1, 0x80);
            self.reading = true;
            self.permute();
        }
        let next = |_| {
            if self.at == RATE {
                self.permute();
            }
            self.at += 1;
            self.lanes[(self.at - 1) / 8].to_le_bytes()[(self.at - 1) % 8]
        };
        (0..count).map(next).collect()
    }

    fn add(&mut self, at: usize, byte: u8) {
        self.lanes[at / 8] ^= u64::from(byte) << (8 * (at % 8));
    }

    fn permute(&mut self) {
        self.at = 0;
        let mut register = 1_u8;
        for _ in 0..24 {
            round(&mut self.lanes);
            self.lanes[0] ^= constant(&mut register);
        }
    }
}

/// Theta, rho, pi and chi.
fn round(lanes: &mut [u64; 25]) {
    let column = |x: usize| (0..5).fold(0, |all, y| all ^ lanes[x + 5 * y]);
    let columns: [u64; 5] = std::array::from_fn(column);
    for (at, lane) in lanes.iter_mut().enumerate() {
        *lane ^= columns[(at + 4) % 5] ^ columns[(at % 5 + 1) % 5].rotate_left(1);
    }
    let (mut x, mut y, mut carried) = (1, 0, lanes[1]);
    for step in 0..24 {
        (x, y) = (y, (2 * x + 3 * y) % 5);
        let turned = carried.rotate_left((step + 1) * (step + 2) / 2 % 64);
        carried = std::mem::replace(&mut lanes[x + 5 * y], turned);
    }
    for row in lanes.chunks_mut(5) {
        let old: [u64; 5] = std::array::from_fn(|x| row[x]);
        for (x, lane) in row.iter_mut().enumerate() {
            *lane = old[x] ^ !old[(x + 1) % 5] & old[(x + 2) % 5];
        }
    }
}

/// Iota's constant of the next round, from its linear feedback register.
fn constant(register: &mut u8) -> u64 {
    let mut constant = 0;
    for power in 0..7 {
        if *register & 1 == 1 {
            constant |= 1 << ((1_u32 << power) - 1);
        }
        *register = *register << 1 ^ if *register & 0x80 == 0 { 0 } else { 0x71 };
    }
    constant
}
