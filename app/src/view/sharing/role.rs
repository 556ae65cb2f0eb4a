//! What a person is allowed in a folder, as few words for many rights (RFC 4314 §2.1).

use crate::wire::{Right, Rights};

/// Usual combinations of rights, each with all of the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Reads, and what was read is kept as read.
    Read,
    /// Stars and labels as well, and puts messages in.
    File,
    /// All that does not touch the folder as a whole.
    Edit,
    All,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Read, Role::File, Role::Edit, Role::All];

    /// What it is called in a form.
    pub fn name(self) -> &'static str {
        match self {
            Role::Read => "read",
            Role::File => "file",
            Role::Edit => "edit",
            Role::All => "all",
        }
    }

    pub fn by_name(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }

    /// The rights it stands for on a server that has these. One that tells of none is taken to have those of RFC 4314.
    pub fn rights(self, offered: &Rights) -> Rights {
        let old = is_old(offered);
        let letters = match (self, old) {
            (Role::Read, _) => "lrs",
            (Role::File, _) => "lrswi",
            (Role::Edit, false) => "lrswipkte",
            (Role::Edit, true) => "lrswipcd",
            (Role::All, false) => "lrswipkxtea",
            (Role::All, true) => "lrswipcda",
        };
        let there = |letter: &char| offered.0.is_empty() || offered.0.contains(*letter);
        let mut rights: String = letters.chars().filter(there).collect();
        if self == Role::All {
            // What a server has beside the usual ones, like the `n` of Cyrus IMAP; digits mean what a site wants them to.
            // RFC 4314 §2.1.1: a newer server says `c` and `d` only for the sake of older programs.
            let further = |letter: &char| letter.is_ascii_alphabetic() && (old || !matches!(letter, 'c' | 'd'));
            for letter in offered.0.chars().filter(further) {
                if !rights.contains(letter) {
                    rights.push(letter);
                }
            }
        }
        Rights(rights)
    }

    /// The role that these rights are, on a server that has those; none where they are another combination.
    pub fn of(rights: &Rights, offered: &Rights) -> Option<Role> {
        let usual = |rights: &Rights| {
            let counts = |letter: &char| match letter {
                'c' | 'd' => is_old(offered),
                letter => Right::ALL.iter().any(|right| right.letter() == *letter),
            };
            let mut letters: Vec<char> = rights.0.chars().filter(counts).collect();
            letters.sort_unstable();
            letters
        };
        let letters = usual(rights);
        Role::ALL.into_iter().find(|role| usual(&role.rights(offered)) == letters)
    }
}

/// Whether the server is one of RFC 2086, which knows two letters where there are four now.
fn is_old(offered: &Rights) -> bool {
    !offered.0.is_empty() && !offered.0.contains(['k', 'x', 't', 'e'])
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: &str = "lrwstipekxacd";
    const CYRUS: &str = "lrswipkxtecdan0";
    const OLD: &str = "lrswipcda";

    fn rights(letters: &str) -> Rights {
        Rights(letters.to_owned())
    }

    #[test]
    fn roles_are_rights_and_rights_are_roles() {
        for (offered, role, letters) in [
            (NEW, Role::Read, "lrs"),
            (NEW, Role::File, "lrswi"),
            (NEW, Role::Edit, "lrswipkte"),
            (NEW, Role::All, "lrswipkxtea"),
            (CYRUS, Role::Edit, "lrswipkte"),
            (CYRUS, Role::All, "lrswipkxtean"),
            (OLD, Role::Read, "lrs"),
            (OLD, Role::Edit, "lrswipcd"),
            (OLD, Role::All, "lrswipcda"),
            ("", Role::All, "lrswipkxtea"),
            ("lrswikxtea", Role::Edit, "lrswikte"),
        ] {
            let (offered, letters) = (rights(offered), rights(letters));
            assert_eq!(role.rights(&offered), letters, "{role:?} of {offered:?}");
            assert_eq!(Role::of(&letters, &offered), Some(role), "{letters:?} of {offered:?}");
            assert_eq!(Role::by_name(role.name()), Some(role));
        }
    }

    #[test]
    fn what_servers_say_in_their_own_way_is_known_again() {
        for (offered, said, role) in [
            (NEW, "slr", Some(Role::Read)),
            // `d` is what a newer server says for `t` and `e`, `c` for `k`.
            (NEW, "lrwstipekcd", Some(Role::Edit)),
            (NEW, "lrwstipekxacd", Some(Role::All)),
            (CYRUS, "lrswipkxtecda", Some(Role::All)),
            (OLD, "lrswipda", None),
            (NEW, "lr", None),
            (NEW, "lrst", None),
            (NEW, "", None),
        ] {
            assert_eq!(Role::of(&rights(said), &rights(offered)), role, "{said} of {offered}");
        }
    }
}
