//! Offsets, views and widths of any kind: refused, or every row can be read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lockgate_fuzz::{Drawn, Given, Unstructured};
use lockgate_kernel::column::{Bits, Column, Fixed, Ranges, Slots, Values, Views};
use lockgate_kernel::each_layout;

fuzz_target!(|data: &[u8]| {
    let _ = run(&mut Unstructured::new(data));
});

fn run(u: &mut Unstructured<'_>) -> Drawn<()> {
    match u.int_in_range(0..=5)? {
        0 => {
            let offsets: Vec<i32> = u.arbitrary()?;
            read(Ranges::new(&offsets, u.take_rest_of()?).ok());
        }
        1 => {
            let offsets: Vec<i64> = u.arbitrary()?;
            read(Ranges::new(&offsets, u.take_rest_of()?).ok());
        }
        2 => {
            let views: Vec<[u8; 16]> = u.arbitrary()?;
            let buffers: Vec<Vec<u8>> = u.arbitrary()?;
            let buffers: Vec<&[u8]> = buffers.iter().map(Vec::as_slice).collect();
            let flags: Vec<u8> = u.arbitrary()?;
            let validity = Bits::new(&flags, u.int_in_range(0..=20)?, views.len()).ok();
            read(Views::new(&views, &buffers, validity).ok());
        }
        3 => {
            let (width, rows) = (u.arbitrary()?, u.arbitrary()?);
            let rows: usize = rows;
            read(Fixed::new(width, rows, u.take_rest_of()?).ok().filter(|_| rows < 1 << 16));
        }
        4 => {
            let (offset, len) = (u.arbitrary()?, u.arbitrary()?);
            bits(offset, len, u.take_rest_of()?);
        }
        _ => {
            let _ = Given::bytes(u)?.with(rows_of);
        }
    }
    Ok(())
}

fn bits(offset: usize, len: usize, bytes: &[u8]) {
    let Ok(bits) = Bits::new(bytes, offset, len) else { return };
    let packed = bits.packed();
    assert_eq!(packed.len(), len.div_ceil(8));
    for row in 0..len {
        assert_eq!(bits.get(row), packed[row / 8] >> (row % 8) & 1 == 1);
    }
    let ones: u32 = packed.iter().map(|byte| byte.count_ones()).sum();
    assert_eq!(ones as usize, (0..len).filter(|&row| bits.get(row)).count());
}

fn rows_of(column: &Column<'_>) {
    if let Values::Text(bytes) | Values::Binary(bytes) = column.values.clone() {
        each_layout!(bytes, slots => read(Some(slots)));
    }
}

fn read<S: Slots>(slots: Option<S>) {
    let Some(slots) = slots else { return };
    let bytes: usize = (0..slots.len()).map(|row| slots.get(row).iter().count()).sum();
    assert!(bytes <= slots.total() || bytes == 0);
}

trait Rest<'a> {
    fn take_rest_of(&mut self) -> Drawn<&'a [u8]>;
}

impl<'a> Rest<'a> for Unstructured<'a> {
    fn take_rest_of(&mut self) -> Drawn<&'a [u8]> {
        self.bytes(self.len())
    }
}
