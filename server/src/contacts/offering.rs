//! Who may be meant by what a person types.

use app::wire::{Address, Contact};

/// People that are offered at once.
const OFFERED: usize = 8;

/// Of people who have what was typed, those who are likeliest meant: by how their names and addresses begin, then by what is in
/// them.
pub fn ranked(people: Vec<Contact>, words: &str) -> Vec<Address> {
    let wanted = words.trim().to_lowercase();
    let address = |name: &str, email: &str| {
        // Who has no name is called by the address.
        let name = if name == email { String::new() } else { name.to_owned() };
        Address { name, email: email.to_owned() }
    };
    let mut offered: Vec<(usize, Address)> = Vec::new();
    for Contact { name, emails, .. } in people {
        let lower = name.to_lowercase();
        for (nth, email) in emails.iter().enumerate() {
            let begins =
                lower.split([' ', '-', '.']).any(|word| word.starts_with(&wanted)) || lower.starts_with(&wanted);
            let rank = match () {
                () if email.to_lowercase().starts_with(&wanted) => 0,
                () if begins => 1,
                () => 2,
            };
            // The first address of somebody before the second of somebody else.
            offered.push((rank + 3 * nth.min(3), address(&name, email)));
        }
    }
    offered.sort_by_key(|(rank, _)| *rank);
    offered.into_iter().map(|(_, address)| address).take(OFFERED).collect()
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
            let all = ranked(people.clone(), words);
            all.into_iter().map(|one| format!("{} {}", one.name, one.email)).collect::<Vec<_>>()
        };
        assert_eq!(
            found("ANNA"),
            [" anna@pismo.test", "Susanna s@pismo.test", "Жанна Аннина j@pismo.test", "Жанна Аннина annina@pismo.test"]
        );
        assert_eq!(found("анн")[0], "Жанна Аннина j@pismo.test");
    }
}
