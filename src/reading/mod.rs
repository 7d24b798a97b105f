//! Document → form with evidence. Total: reading cannot fail, it can only find.
//!
//! Every source meets in one page model (`page`): positioned words, rules, ink and widgets. The
//! layout says which of them answers which box of the form.

pub mod page;

pub mod pdf;
pub mod second;

mod acroform;
mod acroform_button;
mod graphics;
mod graphics_shapes;
mod pdf_annotation;
mod pdf_page;
mod pdfsig;
mod pdfsig_changes;
mod pdfsig_cms;
mod pdfsig_der;
mod text;
mod text_strings;
mod text_symbols;
