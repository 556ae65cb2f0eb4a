//! Which mailboxes there have to be, where some are made, renamed and deleted. No mail is in those.

use std::collections::BTreeSet;

use app::wire::Arrangement;

use crate::random::Random;

/// Mailboxes that come and go, at most.
const MOST: usize = 4;

#[derive(Default)]
pub struct Tree {
    made: u32,
    /// Those that are there for sure.
    there: BTreeSet<String>,
    /// Those of which nobody has heard what became of them: one of each group is there, or none, where it may be so.
    doubtful: Vec<Doubt>,
}

struct Doubt {
    names: Vec<String>,
    /// Whether none of them may be there.
    perhaps_none: bool,
}

impl Tree {
    /// Something to be done to a mailbox to which nothing is being done yet. The kind tells who has made it.
    pub fn draw(&mut self, random: &mut Random, kind: &str) -> Option<Arrangement> {
        let own: Vec<String> = self.there.iter().filter(|name| name.starts_with(kind)).cloned().collect();
        self.made += 1;
        let name = format!("{kind} {}", self.made);
        match (random.below(3), random.one_of(&own)) {
            (0, _) | (_, None) if self.there.len() + self.doubtful.len() < MOST => {
                Some(Arrangement::Create { parent: None, name })
            }
            (1, Some(path)) => {
                self.there.remove(&path);
                Some(Arrangement::Rename { path, parent: None, name })
            }
            (_, Some(path)) => {
                self.there.remove(&path);
                Some(Arrangement::Delete { path })
            }
            (_, None) => None,
        }
    }

    /// What was drawn is done, or it may be.
    pub fn arranged(&mut self, change: &Arrangement, done: bool) {
        match change {
            Arrangement::Create { name, .. } if done => drop(self.there.insert(name.clone())),
            Arrangement::Rename { name, .. } if done => drop(self.there.insert(name.clone())),
            Arrangement::Delete { .. } if done => {}
            Arrangement::Create { name, .. } => self.doubt(vec![name.clone()], true),
            Arrangement::Rename { path, name, .. } => self.doubt(vec![path.clone(), name.clone()], false),
            Arrangement::Delete { path } => self.doubt(vec![path.clone()], true),
        }
    }

    /// Mailboxes that are there, and those that may be.
    pub fn names(&self) -> Vec<String> {
        self.there.iter().chain(self.doubtful.iter().flat_map(|doubt| &doubt.names)).cloned().collect()
    }

    fn doubt(&mut self, names: Vec<String>, perhaps_none: bool) {
        self.doubtful.push(Doubt { names, perhaps_none });
    }

    /// Compares with the mailboxes that the server has, those aside that are always there. Says what is wrong.
    pub fn settle(&mut self, mut paths: BTreeSet<String>) -> Vec<String> {
        let mut quarrels: Vec<String> = self
            .there
            .iter()
            .filter(|name| !paths.remove(*name))
            .map(|name| format!("lost: the mailbox {name}"))
            .collect();
        for Doubt { names, perhaps_none } in std::mem::take(&mut self.doubtful) {
            let found: Vec<String> = names.iter().filter(|name| paths.remove(*name)).cloned().collect();
            if found.len() > 1 || (found.is_empty() && !perhaps_none) {
                quarrels.push(format!("lost or doubled: of {names:?} there is {found:?}"));
            }
            self.there.extend(found);
        }
        quarrels.extend(paths.iter().map(|path| format!("phantom: the mailbox {path}")));
        quarrels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_the_mailboxes_is_found() {
        let create = |name: &str| Arrangement::Create { parent: None, name: name.to_owned() };
        let rename = Arrangement::Rename { path: "b".to_owned(), parent: None, name: "c".to_owned() };
        for (found, quarrels) in [
            (vec!["a", "c"], 0),
            (vec!["a", "b"], 0),
            (vec!["c"], 1),
            (vec!["a"], 1),
            (vec!["a", "b", "c"], 1),
            (vec!["a", "b", "d"], 1),
        ] {
            let mut tree = Tree::default();
            tree.arranged(&create("a"), true);
            tree.arranged(&rename, false);
            let told = tree.settle(found.iter().map(|name| (*name).to_owned()).collect());
            assert_eq!(told.len(), quarrels, "{found:?}: {told:?}");
        }
    }
}
