//! Phones, e-mail addresses and domain names. Only `parse` makes one.

/// A phone number, E.164.
#[derive(Clone, PartialEq, Eq)]
pub struct Phone(String);
/// An e-mail address, lower case.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);
/// A domain name, ASCII (IDNA), lower case.
#[derive(Clone, PartialEq, Eq)]
pub struct DomainName(String);

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
masked!(Phone, Email, DomainName);
