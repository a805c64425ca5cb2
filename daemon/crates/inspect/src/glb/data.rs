//! Checks the elements of accessors against the rules of all objects that use them.

use super::issue::codes;
use super::model::Model;
use super::model::accessor::Accessor;
use super::model::elements::{ElementReader, SparseIndices};
use super::path::Path;

mod influences;

/// Checks the elements of all accessors.
pub fn check(model: &Model<'_>) {
    let path = Path::ROOT.name("accessors");
    for (at, accessor) in model.all_accessors() {
        check_sparse(model, accessor, &path.index(at));
    }
    for (_, accessor) in model.all_accessors() {
        check_elements(model, accessor);
    }
    influences::check(model);
}

fn check_elements(model: &Model<'_>, accessor: &Accessor) {
    let mut checks = accessor.checks.take();
    let Some(mut elements) = ElementReader::new(model, accessor) else {
        return;
    };
    let cost = elements.cost().saturating_mul(checks.len() as u64);
    if checks.is_empty() || !model.context.spend(cost) {
        return;
    }
    let mut at = 0;
    let mut block = Vec::new();
    while elements.next_block(&mut block) {
        for check in &mut checks {
            check.block(model.context, at, &block, elements.width());
        }
        at += (block.len() / elements.width()) as u64;
    }
    for check in &checks {
        check.finish(model.context);
    }
}

/// The indices of a sparse accessor must increase and lead to elements.
fn check_sparse(model: &Model<'_>, accessor: &Accessor, path: &Path<'_>) {
    let (Some(sparse), Some(count)) = (&accessor.sparse, accessor.count) else {
        return;
    };
    if accessor.kind.is_none() || accessor.component.is_none() || !model.context.spend(sparse.count) {
        return;
    }
    let Some(indices) = SparseIndices::new(model, sparse) else {
        return;
    };
    let path = path.name("sparse");
    let mut last = None;
    for (at, value) in indices.iter().enumerate() {
        if let Some(last) = last
            && value <= last
        {
            model
                .context
                .add(codes::ACCESSOR_SPARSE_INDICES_NON_INCREASING, &path, || {
                    format!("The index {value} at {at} is not greater than the one before, {last}.")
                });
        }
        if value >= count {
            model.context.add(codes::ACCESSOR_SPARSE_INDEX_OOB, &path, || {
                format!("The index {value} at {at} is beyond the {count} elements.")
            });
        }
        last = Some(value);
    }
}
