//! Record batches, taken apart and made.

use super::*;

unsafe extern "C" fn release_parent(array: *mut Array) {
    // SAFETY: `parent` put the children there, and the tests own them.
    unsafe { (*array).release = None }
}

/// A struct array of children that the test owns.
fn parent(
    format: &'static CStr,
    rows: i64,
    schemas: &mut [*mut Schema],
    arrays: &mut [*mut Array],
) -> (Schema, Array) {
    let mut schema = schema(format);
    schema.n_children = i64::try_from(schemas.len()).unwrap();
    schema.children = schemas.as_mut_ptr();
    let mut array = Array::released();
    array.length = rows;
    array.n_children = i64::try_from(arrays.len()).unwrap();
    array.children = arrays.as_mut_ptr();
    array.release = Some(release_parent);
    (schema, array)
}

#[test]
fn a_batch_is_its_columns_and_each_is_released_once() {
    let released = AtomicUsize::new(0);
    let (numbers, days) = ([7_i64, 8, 9], [1_i32, 2, 3]);
    for (format, rows, offset, expected) in [
        (c"+s", 3, 0, Ok(3)),
        (c"+s", 2, 0, Err(Fault::Malformed)),
        (c"+l", 3, 0, Err(Fault::Malformed)),
        (c"+s", -1, 0, Err(Fault::Malformed)),
        (c"+s", 3, 1, Err(Fault::UnsupportedType)),
    ] {
        released.store(0, Ordering::Relaxed);
        let mut children = [
            handed(3, vec![ptr::null(), at(&numbers)], &released),
            handed(3, vec![ptr::null(), at(&days)], &released),
        ];
        let mut kinds = [schema(c"l"), schema(c"tdD")];
        let mut arrays = children.each_mut().map(ptr::from_mut);
        let mut schemas = kinds.each_mut().map(ptr::from_mut);
        let (schema, mut array) = parent(format, rows, &mut schemas, &mut arrays);
        array.offset = offset;
        // SAFETY: the structures are as the interface asks for, but for what is checked.
        let found = unsafe { crate::columns(&schema, &array) };
        let rows = found.as_ref().map(|(rows, _)| *rows).map_err(|fault| *fault);
        assert_eq!(rows, expected);
        if let Ok((_, columns)) = &found {
            assert!(matches!(columns[0].column().unwrap().values, Values::Int64(&[7, 8, 9])));
            assert!(matches!(columns[1].column().unwrap().values, Values::Date32(&[1, 2, 3])));
        }
        drop((found, array));
        drop(children);
        assert_eq!(released.load(Ordering::Relaxed), 2);
    }
}

#[test]
fn a_batch_made_here_is_read_again_also_after_its_columns_are_gone() {
    let columns = [
        Export::numbers(Data::Int64(vec![7, 8]), Nulls::default()).unwrap(),
        Export::numbers(Data::Int32(vec![1, 2]), Nulls::where_not(&[true, false])).unwrap(),
    ];
    assert_eq!(crate::batch(&columns, 3).unwrap_err(), Fault::Malformed);
    let array = crate::batch(&columns, 2).unwrap();
    drop(columns);
    let mut kinds = [schema(c"l"), schema(c"i")];
    let mut schemas = kinds.each_mut().map(ptr::from_mut);
    let (schema, _) = parent(c"+s", 2, &mut schemas, &mut []);
    // SAFETY: as above.
    let (rows, found) = unsafe { crate::columns(&schema, &array) }.unwrap();
    drop(array);
    assert_eq!(rows, 2);
    assert!(matches!(found[0].column().unwrap().values, Values::Int64(&[7, 8])));
    assert!(!found[1].column().unwrap().is_valid(1));
    drop(crate::batch(&[], 5).unwrap());
}
