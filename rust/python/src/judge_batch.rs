//! `JudgeBatch`: the rules of all columns of a contract, which can settle a batch alone.

use lockgate_arrow::{Data, Export, Nulls};
use lockgate_kernel::fault::Outcome;
use lockgate_kernel::judge::{Answered, Cut, NullRows, Settled, settled};
use lockgate_kernel::varlen::Varlen;
use pyo3::prelude::*;

use crate::arrow::{Array, Batch, TakenBatch, laid_out_as};
use crate::fault::released;
use crate::judge::{Answer, Exported, JudgeRule, as_arrays, exported};
use crate::splice::spliced;

/// See `lockgate.kernel.judging`. Made once, asked by any number of threads.
#[pyclass(frozen, module = "lockgate_kernel")]
pub struct JudgeBatch {
    columns: Vec<Ruled>,
    schema: Py<PyAny>,
    most: usize,
}

struct Ruled {
    name: String,
    rule: Py<JudgeRule>,
    nulls: NullRows,
}

/// What is accepted, the rejected rows, where their reasons start, and of each reason the column
/// and the error type.
type Verdict = (Batch, Array, Array, Array, Array);

enum Found {
    Verdict(Vec<Export>, usize, [Export; 4]),
    Answers(Vec<Option<Exported>>),
}

#[pymethods]
impl JudgeBatch {
    /// Columns in the order of the schema, by name, rule and what becomes of a null: `None` if it
    /// stays, the type of its error, or nothing if Pydantic has to say. At most `most` reasons a row.
    #[new]
    fn new(
        columns: Vec<(String, Py<JudgeRule>, Option<String>)>,
        schema: Py<PyAny>,
        most: usize,
    ) -> Self {
        let columns = columns.into_iter().map(|(name, rule, nulls)| {
            let nulls = match nulls {
                None => NullRows::Stay,
                Some(kind) if kind.is_empty() => NullRows::Asked,
                Some(kind) => NullRows::Rejected(kind),
            };
            Ruled { name, rule, nulls }
        });
        Self { columns: columns.collect(), schema, most }
    }

    /// The verdict on a batch, or else the answers of the rules one by one: if a row is left to
    /// Pydantic, and if none is rejected.
    fn judge(
        &self,
        py: Python<'_>,
        batch: TakenBatch,
    ) -> PyResult<(Option<Verdict>, Vec<Option<Answer>>)> {
        match released(py, || self.found(&batch))? {
            Found::Answers(answers) => {
                Ok((None, answers.into_iter().map(|answer| answer.map(as_arrays)).collect()))
            }
            Found::Verdict(columns, rows, [gone, starts, names, types]) => {
                let schema = self.schema.clone_ref(py);
                laid_out_as(schema.bind(py), &columns)?;
                let accepted = Batch { columns, rows, schema };
                let rest = (Array(gone), Array(starts), Array(names), Array(types));
                Ok((Some((accepted, rest.0, rest.1, rest.2, rest.3)), Vec::new()))
            }
        }
    }
}

impl JudgeBatch {
    fn found(&self, batch: &TakenBatch) -> Outcome<Found> {
        if self.columns.len() != batch.columns.len() {
            return Err(lockgate_kernel::fault::Fault::Malformed);
        }
        let mut answers = Vec::with_capacity(self.columns.len());
        for (ruled, column) in self.columns.iter().zip(&batch.columns) {
            let column = column.column()?;
            let decided = ruled.rule.get().judge(&column)?;
            answers.push(Answered { name: &ruled.name, column, decided, nulls: &ruled.nulls });
        }
        match settled(&answers, self.most)? {
            Some(found) if !found.gone.is_empty() => verdict(answers, batch.rows, found),
            _ => {
                let answers = answers.into_iter().map(|answer| {
                    let Answered { decided, column, .. } = answer;
                    if decided.is_clean() { Ok(None) } else { exported(decided, &column).map(Some) }
                });
                answers.collect::<Outcome<_>>().map(Found::Answers)
            }
        }
    }
}

fn verdict(answers: Vec<Answered<'_>>, rows: usize, found: Settled) -> Outcome<Found> {
    let cut = Cut::new(rows, &found.gone)?;
    let accepted = answers.into_iter().map(|Answered { column, decided, .. }| {
        spliced(cut.of_values(&column, decided.values)?, &column)
    });
    let accepted = accepted.collect::<Outcome<_>>()?;
    let numbers = |data| Export::numbers(data, Nulls::default());
    let texts = |texts: Varlen| Export::strings(texts, true, Nulls::default());
    let reasons = [
        numbers(Data::Int64(found.gone))?,
        numbers(Data::Int32(found.starts))?,
        texts(found.columns)?,
        texts(found.types)?,
    ];
    Ok(Found::Verdict(accepted, cut.left(), reasons))
}
