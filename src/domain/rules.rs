//! The rulebook: form, facts and day in, findings and verdict out.
