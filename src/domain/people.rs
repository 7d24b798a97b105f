//! Names of people and structures, and how close two of them are.
