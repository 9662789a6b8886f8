//! `JudgeRule`: made once, asked by any number of threads.

use lockgate_arrow::{Data, Export, Nulls};
use lockgate_kernel::column::Column;
use lockgate_kernel::fault::Outcome;
use lockgate_kernel::judge::{
    Accepted, Bool, Bound, Case, Date, DateTime, Decided, Decimal, Email, Float, Int, Limits,
    Listed, Number, Pattern, Text, Time, Uuid, Wanted, class_and_others,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::arrow::{Array, Taken, TakenBatch};
use crate::fault::released;

/// A column's rule. See `lockgate.kernel.judging` for what each kind means.
#[pyclass(frozen, module = "lockgate_kernel")]
pub struct JudgeRule(Kind);

enum Kind {
    Text(Text),
    Email(Email),
    Listed(Listed),
    Uuid(Uuid),
    Int(Int),
    Float(Float),
    Decimal(Decimal),
    Bool(Bool),
    Date(Date),
    Time(Time),
    DateTime(DateTime),
}

/// New values, undecided rows, and rows by Pydantic's error type. Nothing stands for none.
pub type Answer = (Option<Array>, Option<Array>, Vec<(&'static str, Array)>);

#[pymethods]
impl JudgeRule {
    /// Text: `pattern` as Pydantic's engine reads it; `readable` is false if another engine reads it,
    /// `trusted` is true if the tables it takes its meaning from are Pydantic's own.
    #[staticmethod]
    fn text(
        strip: bool,
        least: usize,
        most: Option<usize>,
        pattern: Option<&str>,
        readable: bool,
        trusted: bool,
        case: &str,
    ) -> PyResult<Self> {
        let case = match case {
            "" => Case::Keep,
            "lower" => Case::Lower,
            "upper" => Case::Upper,
            _ => return Err(PyValueError::new_err("no such case")),
        };
        let pattern = match pattern {
            None => Wanted::Anything,
            Some(pattern) if readable => match Pattern::new(pattern) {
                Some(pattern) if trusted => Wanted::Found(Box::new(pattern.trusting())),
                Some(pattern) => Wanted::Found(Box::new(pattern)),
                None => Wanted::Unknown,
            },
            Some(_) => Wanted::Unknown,
        };
        let most = most.unwrap_or(usize::MAX);
        Ok(Self(Kind::Text(Text { strip, least, most, pattern, case })))
    }

    /// Addresses; `None` if the lists are not of a plain form.
    #[staticmethod]
    fn email(reserved: Vec<String>, folded: Vec<String>, long_locals: bool) -> Option<Self> {
        Email::new(&reserved, folded, long_locals).map(Kind::Email).map(Self)
    }

    /// One of a list of texts.
    #[staticmethod]
    fn listed(members: Vec<String>, rejects: bool) -> Self {
        Self(Kind::Listed(Listed::new(&members, rejects)))
    }

    /// UUIDs of a version, or of any.
    #[staticmethod]
    fn uuid(version: Option<u8>) -> PyResult<Self> {
        if version.is_some_and(|version| !(1..=8).contains(&version)) {
            return Err(PyValueError::new_err("no such version"));
        }
        Ok(Self(Kind::Uuid(Uuid { version })))
    }

    /// Whole numbers.
    #[staticmethod]
    fn whole(bounds: Vec<(String, i64)>, multiple_of: Option<i64>) -> PyResult<Self> {
        if multiple_of == Some(0) {
            return Err(PyValueError::new_err("nothing is a multiple of zero"));
        }
        let limits = Limits::new(named(bounds)?, multiple_of, (i64::MIN, i64::MAX));
        Ok(Self(Kind::Int(Int(limits))))
    }

    /// Finite floats.
    #[staticmethod]
    fn double(bounds: Vec<(String, f64)>) -> PyResult<Self> {
        let limits = Limits::new(named(bounds)?, None, (f64::MIN, f64::MAX));
        Ok(Self(Kind::Float(Float(limits))))
    }

    /// Decimals with `scale` places; bounds in units of the last. With more than `fraction` places, but
    /// at most `most` digits, too many places are what is wrong.
    #[staticmethod]
    fn decimal(
        bounds: Vec<(String, i128)>,
        scale: usize,
        whole: usize,
        fraction: usize,
        most: usize,
    ) -> PyResult<Self> {
        if whole + scale > 38 || fraction > scale {
            return Err(PyValueError::new_err("more digits than a column has"));
        }
        let limits = Limits::new(named(bounds)?, None, (i128::MIN, i128::MAX));
        Ok(Self(Kind::Decimal(Decimal { limits, scale, whole, fraction, most })))
    }

    /// Truth.
    #[staticmethod]
    fn truth() -> Self {
        Self(Kind::Bool(Bool))
    }

    /// Dates, in days since 1970. Outside of `known` nothing is decided.
    #[staticmethod]
    fn date(bounds: Vec<(String, i32)>, known: (i32, i32), strict: bool) -> PyResult<Self> {
        let limits = Limits::new(named(bounds)?, None, known);
        Ok(Self(Kind::Date(Date { limits, strict })))
    }

    /// Times of day, in microseconds.
    #[staticmethod]
    fn time(bounds: Vec<(String, i64)>) -> PyResult<Self> {
        let known = (0, 86_399_999_999);
        Ok(Self(Kind::Time(Time(Limits::new(named(bounds)?, None, known)))))
    }

    /// Dates with times, in microseconds since 1970.
    #[staticmethod]
    fn moment(
        bounds: Vec<(String, i64)>,
        known: (i64, i64),
        zoned: bool,
        strict: bool,
    ) -> PyResult<Self> {
        let limits = Limits::new(named(bounds)?, None, known);
        Ok(Self(Kind::DateTime(DateTime { limits, zoned, strict })))
    }

    /// Whether nothing in UTF-8 is left undecided.
    #[getter]
    fn decides_all(&self) -> bool {
        match &self.0 {
            Kind::Text(rule) => rule.decides_all(),
            Kind::Listed(rule) => rule.decides_all(),
            _ => false,
        }
    }

    /// Classes whose Unicode tables decide what its pattern says; `None` if more than those does.
    #[getter]
    fn tables(&self) -> Option<Vec<String>> {
        match &self.0 {
            Kind::Text(Text { pattern: Wanted::Found(pattern), .. }) => {
                pattern.tables().map(<[String]>::to_vec)
            }
            _ => None,
        }
    }

    /// All characters of a class by name, and all others, by the tables used here.
    #[staticmethod]
    fn characters(name: &str) -> Option<(String, String)> {
        class_and_others(name)
    }

    /// Whether its pattern, if it has one, is read here.
    #[getter]
    fn knows_pattern(&self) -> bool {
        !matches!(&self.0, Kind::Text(Text { pattern: Wanted::Unknown, .. }))
    }

    /// The answer on a column; `None` if every value is null or accepted as it is.
    fn decide(&self, py: Python<'_>, values: Taken) -> PyResult<Option<Answer>> {
        Ok(values.read_any_size(py, |column| self.answer(column))?.map(as_arrays))
    }
}

/// The answers of as many rules on the columns of a batch, `None` as for one: the GIL is released
/// once for all of them.
#[pyfunction]
pub fn decide_columns(
    py: Python<'_>,
    rules: Vec<Py<JudgeRule>>,
    batch: TakenBatch,
) -> PyResult<Vec<Option<Answer>>> {
    if rules.len() != batch.columns.len() {
        return Err(PyValueError::new_err("not as many rules as columns"));
    }
    let found = released(py, || {
        let each = rules.iter().zip(&batch.columns);
        each.map(|(rule, column)| rule.get().answer(&column.column()?)).collect::<Outcome<Vec<_>>>()
    })?;
    Ok(found.into_iter().map(|answer| answer.map(as_arrays)).collect())
}

/// An answer as Python takes it.
pub fn as_arrays((values, undecided, rejected): Exported) -> Answer {
    let rejected = rejected.into_iter().map(|(name, rows)| (name, Array(rows))).collect();
    (values.map(Array), undecided.map(Array), rejected)
}

impl JudgeRule {
    fn answer(&self, column: &Column<'_>) -> Outcome<Option<Exported>> {
        let decided = self.judge(column)?;
        if decided.is_clean() { Ok(None) } else { exported(decided, column).map(Some) }
    }

    /// The rule's answer on a column.
    pub fn judge(&self, column: &Column<'_>) -> Outcome<Decided> {
        match &self.0 {
            Kind::Text(rule) => rule.decide(column),
            Kind::Email(rule) => rule.decide(column),
            Kind::Listed(rule) => rule.decide(column),
            Kind::Uuid(rule) => rule.decide(column),
            Kind::Int(rule) => rule.decide(column),
            Kind::Float(rule) => rule.decide(column),
            Kind::Decimal(rule) => rule.decide(column),
            Kind::Bool(rule) => rule.decide(column),
            Kind::Date(rule) => rule.decide(column),
            Kind::Time(rule) => rule.decide(column),
            Kind::DateTime(rule) => rule.decide(column),
        }
    }
}

/// An answer before it is Python's.
pub type Exported = (Option<Export>, Option<Export>, Vec<(&'static str, Export)>);

/// An answer's arrays.
pub fn exported(decided: Decided, column: &Column<'_>) -> Outcome<Exported> {
    let rows = |rows| Export::numbers(Data::Int64(rows), Nulls::default());
    let values = array_of(decided.values, true, Nulls::of(column))?;
    let undecided = decided.undecided;
    let undecided = if undecided.is_empty() { None } else { Some(rows(undecided)?) };
    let by_reason = |(reason, found): (lockgate_kernel::judge::Reason, Vec<i64>)| {
        Ok((reason.name(), rows(found)?))
    };
    let rejected = decided.rejected.into_iter().map(by_reason).collect::<Outcome<_>>()?;
    Ok((values, undecided, rejected))
}

/// Values as an array; `None` if the column's own stay. Dates, times, timestamps and decimals come as
/// what they are made of.
pub fn array_of(values: Accepted, text: bool, nulls: Nulls) -> Outcome<Option<Export>> {
    let made = match values {
        Accepted::Unchanged => return Ok(None),
        Accepted::Text(values) => Export::strings(values, text, nulls),
        Accepted::Bool(values) => Export::flags(&values)?.with_nulls(nulls),
        Accepted::Date32(values) => Export::numbers(Data::Int32(values), nulls),
        Accepted::Int64(values) | Accepted::Time64(values) | Accepted::Timestamp(values) => {
            Export::numbers(Data::Int64(values), nulls)
        }
        Accepted::Float64(values) => Export::numbers(Data::Float64(values), nulls),
        Accepted::Decimal128(values) => Export::numbers(Data::Int128(values), nulls),
    };
    made.map(Some)
}

fn named<T: Number>(bounds: Vec<(String, T)>) -> PyResult<Vec<(Bound, T)>> {
    let one = |(name, limit): (String, T)| match name.as_str() {
        "le" => Ok((Bound::LessThanEqual, limit)),
        "lt" => Ok((Bound::LessThan, limit)),
        "ge" => Ok((Bound::GreaterThanEqual, limit)),
        "gt" => Ok((Bound::GreaterThan, limit)),
        _ => Err(PyValueError::new_err("no such bound")),
    };
    bounds.into_iter().map(one).collect()
}
