//! Passwords: what one must be like, hashing and comparing. Each comparison is made to cost time and
//! memory; two are made at once, so that a flood of sign-ins takes neither from the line.

use crate::domain::staff::{PasswordHash, UserName};
use crate::fault::Fault;
use argon2::password_hash::phc;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use ring::rand::{SecureRandom as _, SystemRandom};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;

/// RFC 9106, section 4, second recommended option: 64 MiB, 3 passes, 4 lanes.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 4;

/// Comparisons at once: twice the memory above.
const AT_ONCE: usize = 2;
/// The longest a comparison waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// Fewest characters (NIST SP 800-63B asks for 8 at least), most bytes.
const FEWEST: usize = 12;
const LONGEST: usize = 256;

const DOING: &str = "comparing a password";

/// A password as somebody typed it. Never printed.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// The same whatever keyboard it is typed on: an `é` of one character or of two (NIST SP 800-63B,
    /// section 5.1.1.2, NFKC). `None`: longer than any password.
    #[must_use]
    pub fn new(typed: &str) -> Option<Self> {
        (typed.len() <= LONGEST).then(|| Self(typed.nfkc().collect()))
    }

    /// One that nobody chose, with its text: to be shown once. Letters and digits that are not taken for
    /// each other, in groups; 100 bits.
    ///
    /// # Errors
    /// The machine gives no random numbers.
    pub fn invented() -> Result<(String, Self), Fault> {
        const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";
        let mut random = [0; 20];
        SystemRandom::new()
            .fill(&mut random)
            .map_err(|_| Fault::later("inventing a password", "the machine gives no random numbers"))?;
        let mut text = String::new();
        for (place, byte) in random.iter().enumerate() {
            if place > 0 && place % 5 == 0 {
                text.push('-');
            }
            text.extend(LETTERS.get(usize::from(byte % 32)).map(|letter| char::from(*letter)));
        }
        Ok((text.clone(), Self(text)))
    }

    /// Whether it can be this user's from now on.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn fits(&self, user: &UserName) -> Result<(), Weak> {
        if self.0.chars().count() < FEWEST {
            return Err(Weak::Short);
        }
        // also as the name of an address
        let own = user.as_str().split('@').next().unwrap_or_default();
        let lower = self.0.to_lowercase();
        if lower == user.as_str() || lower == own {
            return Err(Weak::IsTheName);
        }
        Ok(())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Weak {
    #[error("a password has at least {FEWEST} characters")]
    Short,
    #[error("the name is no password")]
    IsTheName,
}

/// What a comparison says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verified {
    No,
    /// It is the password. `renew`: its hash at today's cost, where the one kept is of another.
    Yes {
        renew: Option<PasswordHash>,
    },
}

/// Hashes and compares. Clones share the turns.
#[derive(Debug, Clone)]
pub struct Passwords {
    cost: Params,
    turns: Arc<Semaphore>,
}

impl Passwords {
    /// At today's cost.
    ///
    /// # Errors
    /// None while the cost is one that argon2 has.
    pub fn new() -> Result<Self, Fault> {
        Self::of_cost(MEMORY_KIB, PASSES, LANES)
    }

    fn of_cost(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, Fault> {
        let cost = Params::new(memory_kib, passes, lanes, Some(Params::DEFAULT_OUTPUT_LEN));
        let cost = cost.map_err(|error| Fault::never("choosing the cost of passwords", error.to_string()))?;
        Ok(Self { cost, turns: Arc::new(Semaphore::new(AT_ONCE)) })
    }

    /// The hash of a password, with a salt of its own.
    pub async fn hash(&self, password: &Password) -> Result<PasswordHash, Fault> {
        let (cost, password) = (self.cost.clone(), password.clone());
        self.in_turn(move || hashed(&cost, &password)).await?
    }

    /// Whether this is the password that was hashed. Without one (no such user, too long a password) it
    /// takes as long to say no.
    pub async fn verify(
        &self,
        kept: Option<&PasswordHash>,
        typed: Option<&Password>,
    ) -> Result<Verified, Fault> {
        let (cost, kept, typed) = (self.cost.clone(), kept.cloned(), typed.cloned());
        self.in_turn(move || match (&kept, &typed) {
            (Some(kept), Some(typed)) => compared(&cost, kept, typed),
            (_, typed) => {
                hashed(&cost, typed.as_ref().unwrap_or(&Password(String::new())))?;
                Ok(Verified::No)
            }
        })
        .await?
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Fault> {
        let turn = tokio::time::timeout(PATIENCE, self.turns.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| Fault::later(DOING, "too many sign-ins at once"))?;
        let turn = turn.map_err(|error| Fault::never(DOING, error))?;
        // whoever asked may go away: the turn is given back when the work is done
        let worked = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        worked.await.map_err(|error| Fault::later(DOING, error))
    }
}

fn argon2(cost: &Params) -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, cost.clone())
}

fn hashed(cost: &Params, password: &Password) -> Result<PasswordHash, Fault> {
    let hash: Result<phc::PasswordHash, _> = argon2(cost).hash_password(password.0.as_bytes());
    let hash = hash.map_err(|error| Fault::later("hashing a password", error.to_string()))?;
    Ok(PasswordHash::new(hash.to_string()))
}

fn compared(cost: &Params, kept: &PasswordHash, typed: &Password) -> Result<Verified, Fault> {
    let wrong = |why: String| Fault::never("reading a password's hash", why);
    let hash = phc::PasswordHash::new(kept.expose()).map_err(|error| wrong(error.to_string()))?;
    // the cost is the kept hash's own
    match argon2(cost).verify_password(typed.0.as_bytes(), &hash) {
        Ok(()) => {
            let of_today = hash.algorithm == Algorithm::Argon2id.ident()
                && Params::try_from(&hash).is_ok_and(|theirs| {
                    (theirs.m_cost(), theirs.t_cost(), theirs.p_cost())
                        == (cost.m_cost(), cost.t_cost(), cost.p_cost())
                });
            let renew = if of_today { None } else { Some(hashed(cost, typed)?) };
            Ok(Verified::Yes { renew })
        }
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(Verified::No),
        Err(error) => Err(wrong(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::new(text).unwrap()
    }

    fn cheap() -> Passwords {
        Passwords::of_cost(8, 1, 1).unwrap()
    }

    #[test]
    fn an_invented_password_is_long_and_never_the_same() {
        let (text, password) = Password::invented().unwrap();
        assert_eq!(text.len(), 23);
        assert!(text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{text}");
        assert_eq!(password.fits(&UserName::parse("ada").unwrap()), Ok(()));
        assert_ne!(Password::invented().unwrap().0, text);
    }

    #[test]
    fn a_password_is_long_and_not_the_name() {
        let ada = UserName::parse("ada.lovelace@ans.example").unwrap();
        for (text, fits) in [
            ("correct horse battery", Ok(())),
            ("éèàùçôîêâëïü", Ok(())),
            ("elevenchars", Err(Weak::Short)),
            ("ADA.Lovelace", Err(Weak::IsTheName)),
            ("Ada.Lovelace@ans.example", Err(Weak::IsTheName)),
        ] {
            assert_eq!(password(text).fits(&ada), fits, "{text}");
        }
        assert!(Password::new(&"a".repeat(256)).is_some() && Password::new(&"a".repeat(257)).is_none());
        assert_eq!(format!("{:?}", password("secret")), "Password(…)");
    }

    #[tokio::test]
    async fn only_the_password_is_the_password_on_whatever_keyboard() {
        let passwords = cheap();
        let kept = passwords.hash(&password("un été à la mer")).await.unwrap();
        assert_ne!(passwords.hash(&password("un été à la mer")).await.unwrap(), kept, "each has its salt");
        let says = async |typed: &str| passwords.verify(Some(&kept), Some(&password(typed))).await.unwrap();
        assert_eq!(says("un été à la mer").await, Verified::Yes { renew: None });
        assert_eq!(says("un e\u{301}te\u{301} a\u{300} la mer").await, Verified::Yes { renew: None });
        for wrong in ["", "un ete a la mer", "Un été à la mer", "un été à la mer "] {
            assert_eq!(says(wrong).await, Verified::No, "{wrong}");
        }
        assert_eq!(passwords.verify(None, Some(&password("un été à la mer"))).await.unwrap(), Verified::No);
        assert_eq!(passwords.verify(Some(&kept), None).await.unwrap(), Verified::No);
        let broken = PasswordHash::new("un été à la mer");
        assert!(passwords.verify(Some(&broken), Some(&password("un été à la mer"))).await.is_err());
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_is_renewed_when_the_password_was_right() {
        let before = Passwords::of_cost(16, 1, 1).unwrap();
        let kept = before.hash(&password("correct horse battery")).await.unwrap();
        let today = cheap();
        assert_eq!(today.verify(Some(&kept), Some(&password("wrong"))).await.unwrap(), Verified::No);
        let typed = password("correct horse battery");
        let Verified::Yes { renew: Some(renewed) } = today.verify(Some(&kept), Some(&typed)).await.unwrap()
        else {
            panic!("not renewed")
        };
        assert_eq!(today.verify(Some(&renewed), Some(&typed)).await.unwrap(), Verified::Yes { renew: None });
    }

    #[tokio::test]
    async fn the_cost_is_the_one_that_is_recommended() {
        let hash = Passwords::new().unwrap().hash(&password("correct horse battery")).await.unwrap();
        assert!(hash.expose().starts_with("$argon2id$v=19$m=65536,t=3,p=4$"), "the parameters");
    }
}
