//! What a person is told when something could not be done. The words are chosen in the browser, in the
//! person's language; here is what they are about, and the server's own text where there is one.

use serde::{Deserialize, Serialize};

use super::Right;

/// Why a command failed, or why there is no line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Error {
    /// Address or password refused.
    Credentials { text: String },
    /// The mail server's name is not known to DNS.
    UnknownHost { host: String },
    /// No connection, or no answer in time.
    Unreachable { host: String },
    /// The server is in a private network, and the operator does not let mail be collected from there.
    PrivateHost { host: String },
    /// Mail servers are not at this port, and the operator has allowed none there.
    PortNotAllowed { host: String, port: u16 },
    /// The server answers, but has no encryption that Pismo can use on this port.
    NoEncryption { host: String },
    /// The server's certificate does not hold.
    Certificate { host: String, fault: CertificateFault },
    /// The server has IMAP switched off for this mailbox.
    ImapDisabled { text: String },
    /// The server has POP3 switched off for this mailbox.
    Pop3Disabled { text: String },
    /// The server wants a password made for programs and not the usual one.
    AppPassword { text: String },
    /// The server takes no passwords from programs at all.
    NoPasswords { text: String },
    /// Another program has the maildrop open, which POP3 allows to one at a time (RFC 1939 §4).
    MailboxInUse { text: String },
    /// Too many connections to this mailbox are open.
    TooManyConnections { text: String },
    /// Too many attempts to sign in; wait this many seconds.
    TooManyAttempts { seconds: u32 },
    /// The server asks to be left alone for about so many minutes.
    Throttled { minutes: u32, text: String },
    /// The server has a fault of its own.
    Unavailable { text: String },
    /// The server refused the command. Its own words.
    Refused { text: String },
    /// The person may not do this in that mailbox (RFC 5530 §3, NOPERM): for want of this right, where it is known.
    NoRight { right: Option<Right>, text: String },
    /// The mailbox is full.
    OverQuota { text: String },
    /// The mailbox or message is gone, or its UIDVALIDITY is another.
    Gone,
    /// There is a mailbox of this name already.
    MailboxExists,
    /// No mailbox can be called this: it is empty, too long, or has a sign in it that means something else.
    MailboxName,
    /// The mailbox does not keep this keyword (RFC 9051 §7.1, PERMANENTFLAGS).
    NoLabel,
    /// There is no Trash to move to: ask, then erase.
    NoTrash,
    /// Which mail server this address belongs to is not known: type it.
    ServerNotKnown,
    /// What was typed for a mail server is no address of one.
    BadServer { text: String },
    /// The password would travel in clear text to this server.
    ClearText { host: String },
    /// What was sent made no sense to the server side of Pismo.
    BadRequest { text: String },
    /// The file is larger than allowed, in bytes.
    TooLarge { limit: u64 },
    /// The files of a message are larger together than its servers take, in bytes.
    FilesTooLarge { limit: u64 },
    /// The formatted text is longer than this, in bytes, or too deep.
    TextTooLong { limit: u64 },
    /// The mail server keeps no message larger than this, in bytes.
    MessageTooLarge { limit: u64 },
    /// The submission server does not let the person write as this address.
    SenderRefused { text: String },
    /// The person does not write as this address: it is none of their identities.
    NotYourAddress { email: String },
    /// The submission server asks nobody who they are: it cannot say as whom a person may write.
    NoSenderCheck { host: String },
    /// The submission server of this address does not take the password any more that is kept for it.
    WayOutPassword { email: String },
    /// The password with which mail is collected is not shown to this server: another one may be meant.
    PasswordForServer { host: String },
    /// The password for that server was not typed.
    PasswordMissing,
    /// There is an identity of this address already.
    IdentityExists,
    /// So many identities may an account have.
    TooManyIdentities { limit: u32 },
    /// There is no server through which mail of this address could be sent: type it.
    NoWayOut,
    /// A recipient is not an address.
    BadAddress { text: String },
    /// The message has no recipient.
    NoRecipient,
    /// The message has more recipients than this.
    TooManyRecipients { limit: u32 },
    /// It can be scheduled no further ahead than [`super::When::FURTHEST`].
    TooFarAhead,
    /// The message is being handed over at this moment: it is too late to take it back.
    BeingSent,
    /// The message has gone out: it is too late to take it back.
    AlreadySent,
    /// The message was sent, but that server does not tell what becomes of it (RFC 3461).
    NoDeliveryReports,
    /// The draft was changed in another tab or by another program since it was opened here, or somebody writes on it there.
    DraftChanged,
    /// The person has sent this message on before, and it has come back.
    RedirectLoop,
    /// That host was asked to send no more, and did not take it, or could not be asked.
    NotUnsubscribed { host: String },
    /// A file of the draft is no longer there: attach it again.
    BlobGone { name: String },
    /// This server was found for the address by a way that can be forged: a person has to say that it is the right one.
    ConfirmServer { server: String },
    /// This account is brought here already.
    CollectorExists,
    /// That account brings the mail of this one: each message would go to and fro without end.
    CollectorLoop,
    /// Mail is brought from so many accounts already, and from no more can it be.
    TooManyCollectors { limit: u32 },
    /// The file is no mail that can be read.
    NoMail,
    /// The file is broken.
    BadFile { text: String },
    /// The file holds nobody who can be taken into an address book.
    NoContacts,
    /// So many people may be in an address book.
    TooManyContacts { limit: u32 },
    /// Another search is kept under this name.
    SearchExists,
    /// So many searches are kept already, and no more can be.
    TooManySearches { limit: u32 },
    /// Another template is called so.
    TemplateExists,
    /// So many templates are kept already, and no more can be.
    TooManyTemplates { limit: u32 },
    /// Too much is waiting already.
    Busy,
    /// The login has ended.
    SignedOut,
    /// Our own fault; the reference is in the log.
    Internal,
}

impl Error {
    /// Whether the server is there and takes no password, or not this one: trying again does not help.
    pub fn is_about_password(&self) -> bool {
        matches!(self, Error::Credentials { .. } | Error::AppPassword { .. } | Error::NoPasswords { .. })
    }
}

/// What is wrong with a server's certificate (RFC 5280 §6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateFault {
    /// By the clock of the machine on which Pismo runs, as with the next one.
    Expired,
    NotYetValid,
    WrongName,
    /// Nobody that this machine trusts has signed it.
    UnknownIssuer,
    Revoked,
    /// The server showed none.
    Missing,
    Other {
        text: String,
    },
}

/// Why a message did not go out: a refusal of an SMTP server (RFC 5321 §4.2), or what kept it from being offered to one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The refused recipient; none when all of the message was refused.
    pub recipient: Option<String>,
    /// The reply code, or 0 where there was no reply.
    pub code: u16,
    /// The server's own words.
    pub text: String,
    /// What it was, where no server had a word in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Error>,
}
