//! What becomes of people who are brought: who is new, who is here and learns something, and who is here already. Pure.

use std::collections::HashMap;

use super::Card;

/// Somebody who is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub id: String,
    pub card: Card,
}

/// What becomes of one card of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    New,
    /// Somebody is here already and gets what they lack.
    Joined,
    Same,
}

/// What is to be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    pub new: Vec<Card>,
    /// As they are to be.
    pub joined: Vec<Known>,
    /// Of each card, in the order of the file.
    pub fates: Vec<Fate>,
}

impl Plan {
    /// Who has an address in common is one person; without an address, who has the same name and no other address.
    pub fn of(known: Vec<Known>, cards: Vec<Card>) -> Plan {
        let mut people: Vec<Person> =
            known.into_iter().map(|Known { id, card }| Person { id: Some(id), card, joined: false }).collect();
        let mut by_email: HashMap<String, usize> = HashMap::new();
        let mut by_name: HashMap<String, usize> = HashMap::new();
        for (place, person) in people.iter().enumerate() {
            learn(&mut by_email, &mut by_name, &person.card, place);
        }
        let mut fates = Vec::new();
        for card in cards {
            let emails = card.emails();
            let found = emails.iter().find_map(|email| by_email.get(&email.to_lowercase()).copied());
            let named = || by_name.get(&card.name().to_lowercase()).copied();
            let lacks_any = |place: &usize| people.get(*place).is_some_and(|person| person.card.emails().is_empty());
            let found = found.or_else(|| named().filter(|place| emails.is_empty() || lacks_any(place)));
            match found.and_then(|place| people.get_mut(place).map(|person| (place, person))) {
                Some((place, person)) => {
                    let learned = person.card.join(&card);
                    person.joined |= learned;
                    fates.push(if learned { Fate::Joined } else { Fate::Same });
                    learn(&mut by_email, &mut by_name, &card, place);
                }
                None => {
                    learn(&mut by_email, &mut by_name, &card, people.len());
                    people.push(Person { id: None, card, joined: false });
                    fates.push(Fate::New);
                }
            }
        }
        let mut plan = Plan { fates, ..Plan::default() };
        for Person { id, card, joined } in people {
            match id {
                None => plan.new.push(card),
                Some(id) if joined => plan.joined.push(Known { id, card }),
                Some(_) => {}
            }
        }
        plan
    }

    pub fn count(&self, fate: Fate) -> usize {
        self.fates.iter().filter(|one| **one == fate).count()
    }
}

struct Person {
    id: Option<String>,
    card: Card,
    joined: bool,
}

fn learn(by_email: &mut HashMap<String, usize>, by_name: &mut HashMap<String, usize>, card: &Card, place: usize) {
    for email in card.emails() {
        by_email.entry(email.to_lowercase()).or_insert(place);
    }
    let name = card.name().to_lowercase();
    if !name.is_empty() {
        by_name.entry(name).or_insert(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(name: &str, emails: &[&str], phone: &str) -> Card {
        let emails: String = emails.iter().map(|email| format!("EMAIL:{email}\r\n")).collect();
        let phone = if phone.is_empty() { String::new() } else { format!("TEL:{phone}\r\n") };
        let text = format!("BEGIN:VCARD\r\nVERSION:4.0\r\nFN:{name}\r\n{emails}{phone}END:VCARD\r\n");
        Card::read(&text).expect("a card")
    }

    #[test]
    fn people_are_known_by_their_addresses() {
        let known = vec![
            Known { id: "a".into(), card: card("Anna", &["anna@pismo.test"], "") },
            Known { id: "b".into(), card: card("Boris", &[], "1") },
        ];
        let cards = vec![
            card("Anna Sokolova", &["ANNA@pismo.test", "anna@work.test"], ""),
            card("Boris", &[], "1"),
            card("Boris", &["boris@pismo.test"], ""),
            // Another Anna.
            card("Anna", &["anna@elsewhere.test"], ""),
            // The same person twice in one file.
            card("Vera", &["vera@pismo.test"], ""),
            card("V.", &["vera@pismo.test"], "2"),
            // By the address that was learned a moment ago.
            card("A. S.", &["anna@work.test"], ""),
        ];
        let plan = Plan::of(known, cards);
        use Fate::{Joined, New, Same};
        assert_eq!(plan.fates, [Joined, Same, Joined, New, New, Joined, Same]);
        assert_eq!(plan.new.iter().map(Card::name).collect::<Vec<_>>(), ["Anna", "Vera"]);
        assert_eq!(plan.new[1].phones(), ["2"]);
        let joined: Vec<_> = plan.joined.iter().map(|known| (known.id.as_str(), known.card.emails().len())).collect();
        assert_eq!(joined, [("a", 2), ("b", 1)]);
    }
}
