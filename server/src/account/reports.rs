//! What came back about messages that were sent: whose message it is about, and where that is.

use app::wire::{DraftId, Event, MessageRef, Report, Reported, Row, SpecialUse};
use tokio::sync::oneshot;

use super::{
    Input,
    actor::{Actor, Failure},
};
use crate::{
    imap::{Session, search::Key},
    letter,
    mime::{Headers, report::Told},
    store::StoredSubmission,
};

/// Messages of one Message-ID that are looked at.
const MOST: usize = 3;

/// New reports that are read at once.
const MOST_NEW: usize = 5;

impl Actor {
    /// Reads what a mail server has sent just now: the outbox knows then what did not get there, before anybody opens it.
    pub(super) fn read_reports(&self, rows: &[Row]) {
        let Some(inputs) = self.myself().upgrade() else { return };
        for row in rows.iter().filter(|row| row.attachment && is_of_server(row)).take(MOST_NEW) {
            // Nobody waits for it; if there is no room, it is read when it is opened.
            let (reply, _) = oneshot::channel();
            let _ = inputs.try_send(Input::Load { message: row.message.clone(), reply });
        }
    }

    /// What this message says of another that was sent from here. It can be read without that.
    pub(super) async fn report_in(
        &mut self,
        session: &mut Session,
        message: &MessageRef,
        told: Told,
    ) -> Result<Option<Report>, Failure> {
        let report = match self.tie(session, told).await {
            Err(Failure::Lost(error)) => return Err(Failure::Lost(error)),
            Err(Failure::Told(_)) => None,
            Ok(report) => report,
        };
        // Whoever loads it goes on with it.
        self.select_for(session, message).await?;
        Ok(report)
    }

    /// Ties a report to the message that it is about. Nothing if that was not sent from here: anybody can write a report.
    async fn tie(&mut self, session: &mut Session, told: Told) -> Result<Option<Report>, Failure> {
        let submission = self.reported_submission(&told).await?;
        let named = submission.as_ref().map(|one| letter::message_id(&one.draft, &self.record.address));
        let Some(id) = named.or(told.message_id) else { return Ok(None) };
        let found = self.find_sent(session, submission.as_ref(), &id).await?;
        let (sent, kept_subject) = found.unzip();
        let Some(subject) = submission.as_ref().map(|one| one.draft.subject.clone()).or(kept_subject) else {
            return Ok(None);
        };
        if let Some(submission) = submission {
            self.note_reports(submission, &told.recipients).await?;
        }
        Ok(Some(Report { sent, subject, recipients: told.recipients }))
    }

    /// The submission by the Message-ID of its message, else by the name of its envelope.
    async fn reported_submission(&self, told: &Told) -> Result<Option<StoredSubmission>, Failure> {
        if let Some(id) = &told.message_id {
            let Some(draft) = letter::draft_of(id) else { return Ok(None) };
            let submission = self.store.sent_submission(self.record.id, &draft).await?;
            let is_of = |one: &StoredSubmission| letter::message_id(&one.draft, &self.record.address) == *id;
            return Ok(submission.filter(is_of));
        }
        match told.envelope_id.clone().filter(|id| letter::is_draft_id(id)) {
            Some(id) => Ok(self.store.sent_submission(self.record.id, &DraftId(id)).await?),
            None => Ok(None),
        }
    }

    /// Where the message of this Message-ID is kept that was sent, and its subject.
    async fn find_sent(
        &mut self,
        session: &mut Session,
        submission: Option<&StoredSubmission>,
        id: &str,
    ) -> Result<Option<(MessageRef, String)>, Failure> {
        let own = match submission {
            Some(submission) => self.own_sent(&submission.draft).await?,
            None => None,
        };
        let usual = self.special(SpecialUse::Sent).filter(|usual| own.as_ref() != Some(usual));
        for mailbox in own.into_iter().chain(usual) {
            let selected = match self.select(session, &mailbox).await {
                Err(Failure::Told(_)) => continue,
                selected => selected?,
            };
            // A part of the field is enough for a server: the whole is compared here.
            let found = session.search(&[Key::Header("Message-ID".into(), id.to_owned())], None).await?;
            for uid in found.into_iter().rev().take(MOST) {
                let Some(fetched) = session.fetch_message(uid).await? else { continue };
                let headers = Headers::parse(&fetched.header);
                if headers.message_ids("Message-ID").iter().any(|known| known == id) {
                    let (account, uid_validity) = (self.record.id, selected.uid_validity);
                    return Ok(Some((MessageRef { account, mailbox, uid_validity, uid }, headers.text("Subject"))));
                }
            }
        }
        Ok(None)
    }

    /// Notes what became of a submission, and tells the tabs.
    async fn note_reports(&mut self, mut submission: StoredSubmission, told: &[Reported]) -> Result<(), Failure> {
        let draft = &submission.draft;
        // A report can name whomever it likes.
        let is_recipient = |reported: &&Reported| {
            let mut all = draft.to.iter().chain(&draft.cc).chain(&draft.bcc);
            all.any(|address| address.email.eq_ignore_ascii_case(&reported.recipient))
        };
        let told: Vec<Reported> = told.iter().filter(is_recipient).cloned().collect();
        if merge(&mut submission.reports, told) {
            self.store.set_reports(submission.id, &submission.reports).await?;
            self.tell_all(&Event::Submission { submission: submission.to_wire() });
        }
        Ok(())
    }
}

/// Whether a row is from a mail server itself.
fn is_of_server(row: &Row) -> bool {
    row.from.first().is_some_and(|from| {
        let local = from.email.split('@').next().unwrap_or_default().to_ascii_lowercase();
        ["mailer-daemon", "postmaster", "mail-daemon"].contains(&&*local) || local.starts_with("microsoftexchange")
    })
}

/// Takes over what says more than what was known of a recipient. Whether anything does.
fn merge(known: &mut Vec<Reported>, told: Vec<Reported>) -> bool {
    let mut changed = false;
    for reported in told {
        let same = known.iter_mut().find(|other| other.recipient.eq_ignore_ascii_case(&reported.recipient));
        match same {
            Some(other) if other.fate >= reported.fate => continue,
            Some(other) => *other = reported,
            None => known.push(reported),
        }
        changed = true;
    }
    changed
}

#[cfg(test)]
mod tests {
    use app::wire::Fate;

    use super::*;

    #[test]
    fn what_is_known_for_good_is_not_taken_back() {
        let reported =
            |recipient: &str, fate| Reported { recipient: recipient.to_owned(), fate, code: 0, text: String::new() };
        let mut known = Vec::new();
        for (recipient, fate, changes) in [
            ("a@x.org", Fate::Delayed, true),
            ("A@x.org", Fate::Delivered, true),
            ("a@x.org", Fate::Delayed, false),
            ("b@x.org", Fate::Failed, true),
            ("a@x.org", Fate::Read, true),
            ("a@x.org", Fate::Read, false),
        ] {
            assert_eq!(merge(&mut known, vec![reported(recipient, fate)]), changes, "{recipient} {fate:?}");
        }
        let fates: Vec<Fate> = known.iter().map(|reported| reported.fate).collect();
        assert_eq!(fates, [Fate::Read, Fate::Failed]);
    }
}
