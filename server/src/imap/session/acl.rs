//! Who may do what in a mailbox (RFC 4314).

use app::wire::Rights;

use super::{Command, Error, Limits, Response, Session};

/// Who may do what in one mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acl {
    /// Each with the identifier it is given to (RFC 4314 §2), in the server's order.
    pub entries: Vec<(String, Rights)>,
    /// What the person who asks may do.
    pub mine: Rights,
    /// All rights that the server has. None where it did not tell.
    pub offered: Rights,
}

impl Session {
    /// Who may do what in a mailbox, in one round trip. `user` is the person's own identifier. Refused to those who may not
    /// give rights there.
    pub async fn acl(&mut self, path: &str, user: &str) -> Result<Acl, Error> {
        let mut acl = Acl { entries: Vec::new(), mine: Rights(String::new()), offered: Rights(String::new()) };
        let commands = vec![
            self.mailbox_command("GETACL", path)?,
            self.mailbox_command("MYRIGHTS", path)?,
            self.mailbox_command("LISTRIGHTS", path)?.string(user)?,
        ];
        let answers = self
            .run_all(commands, Limits::SHORT, 1, |response| {
                match response {
                    Response::Acl { entries, .. } => acl.entries = entries,
                    Response::MyRights { rights, .. } => acl.mine = rights,
                    Response::ListRights(rights) => acl.offered = rights,
                    other => return Some(other),
                }
                None
            })
            .await?;
        // What the server has of rights is good to know; without the others there is nothing to show.
        for answer in answers.into_iter().take(2) {
            answer.map_err(Error::of_missing)?;
        }
        Ok(acl)
    }

    /// Gives an identifier these rights, and no others.
    pub async fn set_acl(&mut self, path: &str, identifier: &str, rights: &Rights) -> Result<(), Error> {
        let command = self.mailbox_command("SETACL", path)?.string(identifier)?.string(&rights.0)?;
        self.run(command, Limits::SHORT, Some).await.map_err(Error::of_missing).map(drop)
    }

    /// Takes an identifier out of the list of those who have rights.
    pub async fn delete_acl(&mut self, path: &str, identifier: &str) -> Result<(), Error> {
        let command = self.mailbox_command("DELETEACL", path)?.string(identifier)?;
        self.run(command, Limits::SHORT, Some).await.map_err(Error::of_missing).map(drop)
    }

    /// What the person may do in some mailboxes, in one round trip. One of which the server refuses to tell is left out.
    pub(super) async fn rights(&mut self, paths: &[String]) -> Result<Vec<(String, Rights)>, Error> {
        let commands: Vec<Command> =
            paths.iter().filter_map(|path| self.mailbox_command("MYRIGHTS", path).ok()).collect();
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        let mut told: Vec<(Vec<u8>, Rights)> = Vec::new();
        let limits = Limits { total: 4 * 1024 * 1024, ..Limits::SHORT };
        self.run_all(commands, limits, 1, |response| match response {
            Response::MyRights { name, rights } => {
                told.push((name, rights));
                None
            }
            other => Some(other),
        })
        .await?;
        Ok(told.into_iter().map(|(name, rights)| (self.path_of(&name), rights)).collect())
    }
}
