//! Byte strings in each of Arrow's layouts: well laid out most of the time.

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use lockgate_kernel::column::{Bits, Bytes, Fixed, Ranges, Views};
use lockgate_kernel::fault::Outcome;

/// The buffers of one layout.
#[derive(Debug)]
pub enum Strings {
    /// 32-bit offsets.
    Small { offsets: Vec<i32>, data: Vec<u8> },
    /// 64-bit offsets.
    Large { offsets: Vec<i64>, data: Vec<u8> },
    /// Views over any number of buffers.
    View { views: Vec<[u8; 16]>, buffers: Vec<Vec<u8>> },
    /// One width for all.
    Fixed { width: usize, rows: usize, data: Vec<u8> },
}

impl Strings {
    /// `rows` strings, text if `text` (not always UTF-8, not always well laid out).
    pub fn draw(u: &mut Unstructured<'_>, rows: usize, text: bool) -> Result<Self> {
        let values = values(u, rows, text)?;
        let broken = u.ratio(1, 24)?;
        Ok(match u.int_in_range(0..=if text { 2 } else { 3 })? {
            0 => {
                let (mut offsets, data) = joined(u, &values)?;
                if broken {
                    let at = u.choose_index(offsets.len())?;
                    offsets[at] = u.arbitrary()?;
                }
                let offsets = offsets.iter().map(|&end| end as i32).collect();
                Self::Small { offsets, data }
            }
            1 => {
                let (mut offsets, data) = joined(u, &values)?;
                if broken {
                    let at = u.choose_index(offsets.len())?;
                    offsets[at] = u.arbitrary()?;
                }
                Self::Large { offsets, data }
            }
            2 => {
                let (mut views, buffers) = viewed(u, &values)?;
                if broken && !views.is_empty() {
                    let at = u.choose_index(views.len())?;
                    views[at] = u.arbitrary()?;
                }
                Self::View { views, buffers }
            }
            _ => {
                let width = u.int_in_range(0..=20)?;
                let mut data: Vec<u8> = values.concat();
                data.resize(if broken { data.len() } else { rows * width }, b'x');
                Self::Fixed { width, rows, data }
            }
        })
    }

    /// Reads the strings as a column would.
    pub fn with<T>(
        &self,
        validity: Option<Bits<'_>>,
        work: impl FnOnce(Bytes<'_>) -> T,
    ) -> Outcome<T> {
        Ok(match self {
            Self::Small { offsets, data } => work(Bytes::Small(Ranges::new(offsets, data)?)),
            Self::Large { offsets, data } => work(Bytes::Large(Ranges::new(offsets, data)?)),
            Self::View { views, buffers } => {
                let buffers: Vec<&[u8]> = buffers.iter().map(Vec::as_slice).collect();
                work(Bytes::View(Views::new(views, &buffers, validity)?))
            }
            Self::Fixed { width, rows, data } => {
                work(Bytes::Fixed(Fixed::new(*width, *rows, data)?))
            }
        })
    }
}

/// Some values drawn, then repeated up to `rows`.
fn values(u: &mut Unstructured<'_>, rows: usize, text: bool) -> Result<Vec<Vec<u8>>> {
    let mut drawn = Vec::new();
    while drawn.len() < rows && drawn.len() < 24 {
        let longest = if u.ratio(1, 40)? { 3000 } else { 40 };
        let length = u.int_in_range(0..=longest)?.min(u.len());
        let bytes = u.bytes(length)?.to_vec();
        let sound = text && !u.ratio(1, 60)?;
        drawn.push(if sound { String::from_utf8_lossy(&bytes).into_owned().into() } else { bytes });
    }
    Ok(drawn.iter().cycle().take(rows).cloned().collect())
}

fn joined(u: &mut Unstructured<'_>, values: &[Vec<u8>]) -> Result<(Vec<i64>, Vec<u8>)> {
    let mut data = vec![0xee; u.int_in_range(0..=9)?];
    let mut offsets = vec![data.len() as i64];
    for value in values {
        data.extend_from_slice(value);
        offsets.push(data.len() as i64);
    }
    data.resize(data.len() + u.int_in_range(0..=9)?, 0xee);
    Ok((offsets, data))
}

fn viewed(u: &mut Unstructured<'_>, values: &[Vec<u8>]) -> Result<(Vec<[u8; 16]>, Vec<Vec<u8>>)> {
    let mut buffers = vec![Vec::new(); u.int_in_range(1..=3)?];
    let mut views = Vec::new();
    for (row, value) in values.iter().enumerate() {
        let mut view = [0; 16];
        view[..4].copy_from_slice(&(value.len() as u32).to_le_bytes());
        if value.len() <= 12 {
            view[4..4 + value.len()].copy_from_slice(value);
        } else {
            let index = row % buffers.len();
            view[4..8].copy_from_slice(&value[..4]);
            view[8..12].copy_from_slice(&(index as u32).to_le_bytes());
            view[12..].copy_from_slice(&(buffers[index].len() as u32).to_le_bytes());
            buffers[index].extend_from_slice(value);
        }
        views.push(view);
    }
    Ok((views, buffers))
}
