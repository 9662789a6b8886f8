//! Pydantic's verdict on whole columns, where it is provably the same; the rest is undecided.

mod decided;
mod email;
mod email_shape;
mod machine;
mod pattern;
mod rows;
mod text;

pub use decided::{Accepted, Decided, Reason, Verdict};
pub use email::Email;
pub use pattern::Pattern;
pub use text::{Case, Text, Wanted};
