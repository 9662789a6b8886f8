//! Nanoseconds a row on one thread: `cargo run --release --example csv_speed [FILE [DELIMITER [NAME]]]`.
//!
//! Blocks of 2 MiB, as a run reads them: of a file, or of invented customers with and without
//! quotes. The median of many runs stands first, then the fastest one.

use std::hint::black_box;
use std::io::Write;
use std::time::{Duration, Instant};

use lockgate_kernel::csv::{Rows, cut, measure as extent, split};
use lockgate_kernel::fault::Outcome;

const BLOCK: usize = 2 << 20;

/// Runs `work` for about half a second.
fn measure(name: &str, rows: usize, work: impl Fn() -> Outcome<usize>) -> Outcome<()> {
    if std::env::args().nth(3).is_some_and(|wanted| !name.contains(&wanted)) {
        return Ok(());
    }
    let mut times = Vec::new();
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(600) {
        let before = Instant::now();
        black_box(work()?);
        times.push(before.elapsed().as_secs_f64() * 1e9 / rows as f64);
    }
    times.sort_by(f64::total_cmp);
    let (median, fastest) = (times[times.len() / 2], times[0]);
    // Nobody to tell if the terminal is gone.
    let _ =
        writeln!(std::io::stdout(), "{name:<40} {median:7.1} {fastest:7.1} {}", times.len() * rows);
    Ok(())
}

fn customers(quote: &str, doubled: &str) -> Vec<u8> {
    let mut text = String::new();
    for row in 0_usize.. {
        if text.len() >= BLOCK {
            break;
        }
        let cells = [
            row.to_string(),
            ["Maria", "Emmy", "Niels"][row % 3].into(),
            ["Lovelace", "Ng", "Bohr"][row % 3].into(),
            format!("maria.lovelace.{row}@example.com"),
            format!("992-040-{:04}", row % 10_000),
            format!("435-44-{:04}", row % 10_000),
            "1966-08-15".into(),
            format!("{} Second Street", row % 4000),
            ["Portland", "San Francisco"][row % 2].into(),
            "MA".into(),
            format!("{:05}", row % 100_000),
            ["business", "gold", "standard"][row % 3].into(),
            format!("{}.27", row * 7 % 90_000),
            "2023-01-25T05:32:41".into(),
            format!("left a {doubled}message{doubled}; call back"),
        ];
        let cells = cells.map(|cell| format!("{quote}{cell}{quote}"));
        text += &cells.join(",");
        text += "\n";
    }
    text.into_bytes()
}

fn speed(name: &str, data: &[u8], delimiter: u8) -> Outcome<()> {
    let data = &data[..data.len().min(BLOCK)];
    let found = cut(data, delimiter, false)?;
    let count = found.ends.len();
    let header = &data[..found.ends[0] as usize];
    let width = header.iter().filter(|byte| **byte == delimiter).count() + 1;
    let wanted: Vec<usize> = (0..width).collect();
    let rows = Rows { data, start: 0, end: found.consumed, most: data.len() };
    let columns = |wanted: &[usize]| {
        let made = split(&rows, delimiter, width, wanted)?;
        Ok(made.map_or(0, |made| made.columns.len()))
    };
    measure(&format!("{name}: cut"), count, || Ok(cut(data, delimiter, false)?.ends.len()))?;
    measure(&format!("{name}: measure"), count, || Ok(extent(data, delimiter, false)?.rows))?;
    measure(&format!("{name}: split {width}"), count, || columns(&wanted))?;
    measure(&format!("{name}: split none"), count, || columns(&[]))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    if let Some(file) = given.first() {
        let delimiter = given.get(1).and_then(|text| text.bytes().next()).unwrap_or(b',');
        return Ok(speed("file", &std::fs::read(file)?, delimiter)?);
    }
    speed("plain", &customers("", ""), b',')?;
    speed("quoted", &customers("\"", ""), b',')?;
    speed("quoted, one cell with quotes", &customers("\"", "\"\""), b',')?;
    Ok(())
}
