//! Who else may use a mailbox, as the person wants it (RFC 4314).

use app::view::sharing::{Gift, People};

use super::actor::{Actor, Failure};
use crate::imap::{Acl, Session};

impl Actor {
    /// Carries out a change, if there is one, and tells who may do what. Nothing where the server lets nobody share.
    pub(super) async fn sharing(
        &mut self,
        session: &mut Session,
        path: &str,
        change: Option<Gift>,
    ) -> Result<Option<People>, Failure> {
        if !session.capabilities().acl {
            return Ok(None);
        }
        let user = self.credentials.user.clone();
        let mut acl = session.acl(path, &user).await?;
        if let Some(Gift { who, role }) = change {
            match role {
                Some(role) => session.set_acl(path, &who, &role.rights(&acl.offered)).await?,
                None => session.delete_acl(path, &who).await?,
            }
            // Whoever has given up the right to look has still done what was asked for.
            match session.acl(path, &user).await {
                Err(error) if error.is_refusal() => acl.entries.clear(),
                changed => acl = changed?,
            }
        }
        let Acl { entries, offered, .. } = acl;
        Ok(Some(People { entries, offered: Some(offered).filter(|offered| !offered.0.is_empty()), user }))
    }
}
