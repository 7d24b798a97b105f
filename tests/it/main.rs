//! The one integration binary: guichet from outside, against real and against misbehaving peers.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::format_push_string,
    clippy::needless_pass_by_value,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "a test fails by panicking"
)]

mod accounts;
mod architecture;
mod arriving;
mod audit;
mod bounces;
mod browser;
mod check;
mod config;
mod crash;
mod crops;
mod demo;
mod desk;
mod desk_account;
mod desk_admin;
mod desk_beside;
mod desk_decide;
mod desk_letters;
mod desk_overview;
mod desk_pages;
mod desk_record;
mod desk_routes;
mod desk_shows;
mod desk_sign_in;
mod desk_walk;
mod dkim;
mod dovecot;
mod escape;
mod explain;
mod failures;
mod four_eyes;
mod full_disk;
mod fuzz;
mod headers;
mod hostile;
mod imap_dovecot;
mod imap_filing;
mod imap_idle;
mod imap_peer;
mod imap_trouble;
mod keeping;
mod kills;
mod lanes;
mod line;
mod loops;
mod machine;
mod machines;
mod mails;
mod moving;
mod openid;
mod openid_peer;
mod paper;
mod postfix;
mod postgres;
mod proxy;
mod repaired;
mod replay;
mod resubmission;
mod sandbox;
mod score;
mod shadow;
mod signed;
mod silence;
mod smtp_ends;
mod smtp_peer;
mod staff;
mod visitor;
mod wake;
mod watch;
mod whole;
