//! Values of a requester that are words or digits and nothing else: read with `as_str`, never printed.

/// Gives wrappers of one `String` their `as_str`, and a `Debug` that says only what they are.
macro_rules! masked {
    ($($name:ident),*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
        impl $name {
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    )*};
}

pub(super) use masked;
