//! The numbers by which rows are known outside.

use anyhow::Result;

/// The furthest that two neighbours are apart: it takes weeks of trying to meet another's, which says nothing then, and there is room
/// for four thousand million rows that were ever made.
const APART: u64 = 1 << 32;

/// How far the number of a new row is from the highest there is, 1 to [`APART`]: at random, so that nobody can tell another's number
/// from their own; and upwards, so that rows stay in the order in which they came.
pub fn step() -> Result<i64> {
    let random = getrandom::u64().map_err(|error| anyhow::anyhow!("No randomness: {error}"))?;
    Ok(i64::try_from(random % APART + 1)?)
}

#[cfg(test)]
mod tests {
    use app::wire::{AccountId, Template, TemplateId};

    use crate::store::Store;

    #[tokio::test]
    async fn numbers_go_up_and_tell_nothing_of_the_next() {
        let data = tempfile::tempdir().expect("a folder");
        let store = Store::open(data.path(), None).await.expect("a store");
        let imap = "imaps://mail.example.org".parse().expect("a server");
        let mut accounts = Vec::new();
        for name in 0..8 {
            let address = format!("{name}@example.org");
            let first = store.account_for(&address, &imap, None).await.expect("an account").id;
            assert_eq!(store.account_for(&address, &imap, None).await.expect("an account").id, first, "the same again");
            accounts.push(first.0);
        }
        let account = AccountId(accounts[0]);
        for name in 0..8 {
            let template = Template {
                id: TemplateId(0),
                name: name.to_string(),
                subject: String::new(),
                to: Vec::new(),
                text: String::new(),
                formatted: false,
            };
            assert!(store.add_template(account, &template).await.expect("an answer"));
        }
        let templates: Vec<i64> =
            store.templates(account).await.expect("templates").iter().map(|one| one.id.0).collect();
        for numbers in [accounts, templates] {
            assert_eq!(numbers.len(), 8);
            let steps: Vec<i64> = numbers.windows(2).map(|two| two[1] - two[0]).collect();
            // By chance one of seven is smaller once in half a million times.
            assert!(steps.iter().all(|step| *step > 1000), "{numbers:?}");
            assert!(steps.windows(2).any(|two| two[0] != two[1]), "{numbers:?}");
        }
    }
}
