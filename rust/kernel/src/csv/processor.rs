//! What the passes run on.

use super::cut::Cutting;
use super::measure::Measuring;
use super::signs;
use super::split::Split;
use super::splitting::Splitting;
use crate::fault::Outcome;

/// A way to look at 64 bytes at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Processor {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Plain,
}

impl Processor {
    /// All that this machine has, the fastest first.
    fn all() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let wide = [(Self::Avx512, super::avx512::is_here()), (Self::Avx2, super::avx2::is_here())];
        #[cfg(not(target_arch = "x86_64"))]
        let wide: [(Self, bool); 0] = [];
        let here = wide.into_iter().filter(|(_, is_here)| *is_here).map(|(processor, _)| processor);
        here.chain([Self::Plain])
    }

    /// The fastest one.
    pub(super) fn best() -> Self {
        Self::all().next().unwrap_or(Self::Plain)
    }

    pub(super) fn cut(self, cutting: &mut Cutting<'_>) {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => super::avx512::cut(cutting),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => super::avx2::cut(cutting),
            Self::Plain => {
                let delimiter = cutting.delimiter;
                cutting.run(|bytes| signs::look(bytes, delimiter), signs::inside);
            }
        }
    }

    pub(super) fn measure(self, measuring: &mut Measuring<'_>) {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => super::avx512::measure(measuring),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => super::avx2::measure(measuring),
            Self::Plain => {
                let delimiter = measuring.delimiter;
                measuring.run(|bytes| signs::look(bytes, delimiter), signs::inside);
            }
        }
    }

    pub(super) fn split(self, splitting: Splitting<'_>) -> Outcome<Option<Split>> {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => super::avx512::split(splitting),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => super::avx2::split(splitting),
            Self::Plain => {
                let delimiter = splitting.delimiter;
                splitting.run(|bytes| signs::look(bytes, delimiter), signs::inside, signs::spread)
            }
        }
    }
}

#[cfg(test)]
pub(super) fn all() -> Vec<Processor> {
    Processor::all().collect()
}
