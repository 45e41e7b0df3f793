//! Users of the instance: throw-away ones, known again by the mark in their address (Clerk docs, Backend API, users).

use std::time::SystemTime;

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use svix_ksuid::{Ksuid, KsuidLike as _};

use super::Clerk;
use crate::error::{Error, Result};
use crate::http::Call;

/// The address of each user that clerkhook makes begins so, and ends with [`TESTED`].
const MADE: &str = "clerkhook-";

/// Clerk mails nothing to such an address (Clerk docs, test emails).
const TESTED: &str = "+clerk_test@example.com";

/// Most that Clerk gives in a page.
const PAGE: usize = 500;

/// A user, as far as clerkhook looks.
#[derive(Clone, Debug, Deserialize)]
pub struct User {
    /// `user_…`.
    pub id: String,
    /// Absent where none was given.
    pub first_name: Option<String>,
    /// Absent where none was given.
    pub last_name: Option<String>,
    #[serde(default)]
    email_addresses: Vec<EmailAddress>,
}

#[derive(Clone, Debug, Deserialize)]
struct EmailAddress {
    email_address: String,
}

/// The names to give to a user; what is absent stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// First name.
    pub first: Option<String>,
    /// Last name.
    pub last: Option<String>,
}

impl User {
    /// Its first address; empty where it has none.
    pub fn email(&self) -> &str {
        self.email_addresses.first().map(|email| email.email_address.as_str()).unwrap_or_default()
    }

    /// Whether clerkhook made it.
    pub fn is_ours(&self) -> bool {
        self.email_addresses.iter().any(|email| is_made(&email.email_address))
    }
}

impl Names {
    fn members(&self) -> Map<String, Value> {
        let members = [("first_name", &self.first), ("last_name", &self.last)];
        members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value.as_ref()?)))).collect()
    }
}

/// An address that no user has yet.
pub fn fresh_address() -> String {
    format!("{MADE}{}{TESTED}", fresh_word())
}

/// Eight letters and digits that differ each time.
pub fn fresh_word() -> String {
    // A KSUID begins with the time; what tells two of a second apart is at its end.
    let id = Ksuid::new(None::<SystemTime>, None).to_string().to_lowercase();
    id[id.len() - 8..].to_owned()
}

fn is_made(address: &str) -> bool {
    let address = address.to_ascii_lowercase();
    address.strip_prefix(MADE).and_then(|rest| rest.strip_suffix(TESTED)).is_some_and(|word| !word.is_empty())
}

impl Clerk {
    /// `POST /users` with a fresh address. Where the instance insists on a password or a user name, it gets one. When
    /// the answer is lost, the user is looked for by its address.
    ///
    /// # Errors
    /// `UserQuota` when the instance is full.
    pub async fn create_user(&self, address: &str, names: &Names) -> Result<User> {
        let mut body = names.members();
        body.insert("email_address".to_owned(), json!([address]));
        body.insert("skip_password_requirement".to_owned(), true.into());
        body.insert("skip_legal_checks".to_owned(), true.into());
        loop {
            let call = Call { json: Some(body.clone().into()), ..Call::post(self.url("users")) };
            match self.send(call).await {
                Ok(answer) => return self.read(&answer, "users"),
                Err(Error::ClerkRefused { status: 422, words, .. }) if complete(&mut body, &words) => {}
                Err(Error::ClerkRefused { status: 403, code, words }) if code.ends_with("quota_exceeded") => {
                    return Err(Error::UserQuota { words });
                }
                // It may have been carried out.
                Err(
                    error @ (Error::ClerkUnreachable { .. }
                    | Error::ClerkFailed { .. }
                    | Error::ClerkNotUnderstood { .. }),
                ) => return self.user_at(address).await.ok().flatten().ok_or(error),
                Err(error) => return Err(error),
            }
        }
    }

    async fn user_at(&self, address: &str) -> Result<Option<User>> {
        let found = self.users(&[("email_address", address)]).await?;
        Ok(found.into_iter().next())
    }

    /// `GET /users/{id}`; `None` where there is no such user.
    pub async fn user(&self, id: &str) -> Result<Option<User>> {
        let path = format!("users/{id}");
        match self.call(Method::GET, &path).await {
            Ok(answer) => self.read(&answer, &path).map(Some),
            Err(Error::ClerkRefused { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// `PATCH /users/{id}`: the same names twice change nothing more.
    pub async fn rename_user(&self, id: &str, names: &Names) -> Result<User> {
        let path = format!("users/{id}");
        let json = Some(names.members().into());
        let call = Call { method: Method::PATCH, json, ..Call::get(self.url(&path)) };
        let answer = self.send(call).await?;
        self.read(&answer, &path)
    }

    /// `DELETE /users/{id}`; one that is gone already is welcome.
    pub async fn delete_user(&self, id: &str) -> Result<()> {
        match self.call(Method::DELETE, &format!("users/{id}")).await {
            Ok(_) | Err(Error::ClerkRefused { status: 404, .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Every user that clerkhook made, the newest first.
    pub async fn made_users(&self) -> Result<Vec<User>> {
        let (mut made, mut offset) = (Vec::new(), 0);
        loop {
            let (limit, from) = (PAGE.to_string(), offset.to_string());
            let page = self.users(&[("query", MADE), ("limit", &limit), ("offset", &from)]).await?;
            let is_last = page.len() < PAGE;
            offset += page.len();
            made.extend(page.into_iter().filter(User::is_ours));
            if is_last {
                return Ok(made);
            }
        }
    }

    async fn users(&self, query: &[(&str, &str)]) -> Result<Vec<User>> {
        let mut url = self.url("users");
        url.query_pairs_mut().extend_pairs(query);
        let answer = self.send(Call::get(url)).await?;
        self.read(&answer, "users")
    }
}

/// Adds what the instance says that it requires; whether there was something to add.
fn complete(body: &mut Map<String, Value>, words: &str) -> bool {
    let words = words.to_lowercase();
    if words.contains("password") && !body.contains_key("password") {
        body.remove("skip_password_requirement");
        // Long enough for any policy, with a letter of each kind, and forgotten at once.
        body.insert("password".to_owned(), format!("Aa1!{}{}{}", fresh_word(), fresh_word(), fresh_word()).into());
        body.insert("skip_password_checks".to_owned(), true.into());
        return true;
    }
    if words.contains("username") && !body.contains_key("username") {
        body.insert("username".to_owned(), format!("clerkhook_{}", fresh_word()).into());
        return true;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_bears_the_mark_was_made_here() {
        assert!(is_made(&fresh_address()) && is_made("Clerkhook-AB12+clerk_test@example.com"));
        for other in [
            "clerkhook@example.com",
            "clerkhook-+clerk_test@example.com",
            "clerkhook-ab12@example.com",
            "ann.clerkhook-ab12+clerk_test@example.com",
            "clerkhook-ab12+clerk_test@example.com.au",
            "",
        ] {
            assert!(!is_made(other), "{other}");
        }
        assert_ne!(fresh_address(), fresh_address());
    }

    #[test]
    fn what_the_instance_requires_is_added_once() {
        let mut body = json!({"skip_password_requirement": true}).as_object().expect("an object").clone();
        assert!(complete(&mut body, "form_data_missing: The instance requires password."));
        assert!(body.contains_key("skip_password_checks") && !body.contains_key("skip_password_requirement"));
        assert!(!complete(&mut body, "form_password_pwned: Password has been found in a breach"));
        assert!(complete(&mut body, "form_data_missing: username must be given."));
        assert!(!complete(&mut body, "form_param_format_invalid: first_name"));
    }
}
