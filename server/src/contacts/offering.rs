//! Who may be meant by what a person types.

use app::wire::{Address, Contact};

use crate::store::Correspondent;

/// People that are offered at once.
const OFFERED: usize = 8;

/// Of people who have what was typed, those who are likeliest meant: by how their names and addresses begin, then by what is in
/// them; of these, first who was written to, in the order they come in.
pub fn ranked(people: Vec<Contact>, known: Vec<Correspondent>, words: &str) -> Vec<Address> {
    let wanted = words.trim().to_lowercase();
    let address = |name: &str, email: &str| {
        // Who has no name is called by the address.
        let name = if name == email { String::new() } else { name.to_owned() };
        Address { name, email: email.to_owned() }
    };
    let rank = |name: &str, email: &str| {
        let lower = name.to_lowercase();
        let begins = lower.split([' ', '-', '.']).any(|word| word.starts_with(&wanted)) || lower.starts_with(&wanted);
        match () {
            () if email.to_lowercase().starts_with(&wanted) => 0,
            () if begins => 1,
            () => 2,
        }
    };
    let mut offered: Vec<(usize, Familiar, Address)> = Vec::new();
    for Contact { name, emails, .. } in people {
        for (nth, email) in emails.iter().enumerate() {
            // The first address of somebody before the second of somebody else.
            offered.push((rank(&name, email) + 3 * nth.min(3), Familiar::InBook, address(&name, email)));
        }
    }
    for (nth, Correspondent { address: one, written }) in known.into_iter().enumerate() {
        let familiar = if written > 0 { Familiar::Written(nth) } else { Familiar::Heard(nth) };
        match offered.iter_mut().find(|(.., other)| other.email.eq_ignore_ascii_case(&one.email)) {
            // In the book they are called as the person calls them.
            Some((_, known, _)) => *known = familiar.min(Familiar::InBook),
            None => offered.push((rank(&one.name, &one.email), familiar, address(&one.name, &one.email))),
        }
    }
    // Whose mail was opened, and no more, comes after all others: they have chosen their names themselves.
    offered.sort_by_key(|(rank, familiar, _)| (matches!(familiar, Familiar::Heard(_)), *rank, *familiar));
    offered.into_iter().map(|(.., address)| address).take(OFFERED).collect()
}

/// How well somebody is known; the number is their place among those.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Familiar {
    Written(usize),
    InBook,
    Heard(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_a_name_begins_counts_before_what_is_in_it() {
        let person = |name: &str, emails: &[&str]| Contact {
            id: name.to_owned(),
            name: name.to_owned(),
            emails: emails.iter().map(|email| (*email).to_owned()).collect(),
            phones: Vec::new(),
        };
        let people = vec![
            person("Susanna", &["s@pismo.test"]),
            person("Жанна Аннина", &["j@pismo.test", "annina@pismo.test"]),
            person("anna@pismo.test", &["anna@pismo.test"]),
            person("Nobody", &[]),
        ];
        let found = |words: &str| {
            let all = ranked(people.clone(), Vec::new(), words);
            all.into_iter().map(|one| format!("{} {}", one.name, one.email)).collect::<Vec<_>>()
        };
        assert_eq!(
            found("ANNA"),
            [" anna@pismo.test", "Susanna s@pismo.test", "Жанна Аннина j@pismo.test", "Жанна Аннина annina@pismo.test"]
        );
        assert_eq!(found("анн")[0], "Жанна Аннина j@pismo.test");
    }

    #[test]
    fn who_was_written_to_comes_first_and_is_called_as_in_the_book() {
        let book = [("Boris", "boris@pismo.test"), ("Anna", "anna@pismo.test")].map(|(name, email)| Contact {
            id: name.to_owned(),
            name: name.to_owned(),
            emails: vec![email.to_owned()],
            phones: Vec::new(),
        });
        let known = [("Borya", "Boris@pismo.test", 3), ("", "bo@shop.test", 1), ("Bob", "bob@shop.test", 0)];
        let known = known.map(|(name, email, written)| Correspondent {
            address: Address { name: name.to_owned(), email: email.to_owned() },
            written,
        });
        let offered = ranked(book[..1].to_vec(), known.to_vec(), "bo");
        let offered: Vec<_> = offered.iter().map(|one| format!("{} {}", one.name, one.email)).collect();
        assert_eq!(offered, ["Boris boris@pismo.test", " bo@shop.test", "Bob bob@shop.test"]);
        let unknown = ranked(book.to_vec(), Vec::new(), "b");
        assert_eq!(unknown.len(), 2);
    }
}
