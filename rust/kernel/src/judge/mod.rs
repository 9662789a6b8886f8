//! Pydantic's verdict on whole columns, where it is provably the same; the rest is undecided.
//!
//! A rule is made once and serves any number of threads. It passes over a column once, and
//! what is accepted as it is costs no memory.

mod bounds;
mod calendar;
mod decided;
mod digits;
mod email;
mod email_glance;
mod email_notation;
mod email_shape;
mod listed;
mod machine;
mod number;
mod number_text;
mod packed;
mod pattern;
mod rows;
mod settled;
mod shape;
mod short_list;
mod splice;
mod tables;
mod text;

pub use bounds::{Bound, Limits, Number};
pub use calendar::{Date, DateTime, Time};
pub use decided::{Accepted, Decided, Reason, Verdict};
pub use email::Email;
pub use listed::{Listed, Uuid};
pub use number::{Bool, Decimal, Float, Int};
pub use packed::Present;
pub use pattern::Pattern;
pub use settled::{Answered, NullRows, Settled, settled};
pub use splice::{Cut, Spliced, null_rows, replaced, without};
pub use tables::class_and_others;
pub use text::{Case, Text, Wanted};
