//! One of each thing that travels.

use app::wire::*;

pub fn message() -> MessageRef {
    MessageRef {
        account: AccountId(1), mailbox: "Проекты/2026".to_owned(), uid_validity: UidValidity(7), uid: Uid(42)
    }
}

pub fn address() -> Address {
    Address { name: "Анна Петрова".to_owned(), email: "anna@example.org".to_owned() }
}

pub fn row() -> Row {
    Row {
        message: message(),
        from: vec![address()],
        to: Vec::new(),
        subject: "Отчёт".to_owned(),
        preview: String::new(),
        date: 1_795_457_400,
        size: 2048,
        flags: vec![Flag::Seen, Flag::Forwarded, Flag::Keyword("urgent".to_owned())],
        attachment: true,
        thread: Some(Thread { count: 3, unseen: 1 }),
    }
}

pub fn query() -> Query {
    Query {
        mailbox: "INBOX".to_owned(),
        search: "from:anna".to_owned(),
        everywhere: true,
        sort: Sort::Oldest,
        threaded: true,
    }
}

pub fn suspicions() -> Vec<Suspicion> {
    let [domain, email] = ["xn--pypal-4ve.example", "bo@example.org"].map(str::to_owned);
    vec![
        Suspicion::Unproven { domain: domain.clone(), by: "mx.pismo.test".to_owned() },
        Suspicion::LooksLike { domain: "paypa1.com".to_owned(), meant: "paypal.com".to_owned() },
        Suspicion::MixedDomain { domain: "pаypal.example".to_owned(), ascii: domain.clone() },
        Suspicion::MixedName { name: "Pаypal".to_owned() },
        Suspicion::OtherAddress { claimed: "anna@example.org".to_owned(), email: email.clone() },
        Suspicion::SeveralSenders { emails: vec![email.clone()] },
        Suspicion::RepliesElsewhere { domain, email },
    ]
}

pub fn checks() -> Checks {
    let check = |outcome, domain: &str| Check { outcome, domain: domain.to_owned() };
    Checks {
        by: "mx.pismo.test".to_owned(),
        spf: Some(check(Outcome::Failed, "")),
        dkim: vec![check(Outcome::Passed, "example.org"), check(Outcome::Unclear, "example.com")],
        dmarc: Some(check(Outcome::Passed, "example.org")),
    }
}

pub fn saved_search() -> SavedSearch {
    SavedSearch { name: "Счета".to_owned(), query: query() }
}

pub fn listing() -> Listing {
    Listing {
        list: 3,
        query: Query { mailbox: "INBOX".to_owned(), ..Query::default() },
        total: 100_000,
        from: 50,
        rows: vec![row()],
        progress: None,
    }
}

pub fn mailbox() -> Mailbox {
    Mailbox {
        path: "INBOX".to_owned(),
        delimiter: Some('/'),
        special_use: Some(SpecialUse::Inbox),
        selectable: true,
        total: 3,
        unseen: 1,
        uid_validity: UidValidity(7),
        uid_next: Uid(43),
        shared: None,
        rights: None,
        shareable: true,
    }
}

pub fn shared_mailbox() -> Mailbox {
    Mailbox {
        path: "shared/bo@example.org/Team".to_owned(),
        special_use: None,
        shared: Some(Shared { owner: Some("bo@example.org".to_owned()), above: 1 }),
        rights: Some(Rights("lrs".to_owned())),
        shareable: false,
        ..mailbox()
    }
}

pub fn progress(end: Option<SearchEnd>) -> Progress {
    Progress { looked: 700, of: 100_000, end }
}

pub fn failed() -> SearchEnd {
    SearchEnd::Failed { error: Error::Busy }
}

pub fn folds() -> Folds {
    let mut folds = Folds::default();
    folds.set("Проекты", true);
    folds
}

pub fn counts() -> MailboxCounts {
    let path = "INBOX".to_owned();
    MailboxCounts { path, total: 4, unseen: 2, uid_validity: UidValidity(7), uid_next: Uid(44) }
}

pub fn quota() -> Quota {
    Quota { storage: Some(Usage { used: 1_288_490_188, limit: 5_368_709_120 }), messages: None }
}

pub fn draft() -> Draft {
    Draft {
        id: DraftId("00ff".to_owned()),
        from: Some(address()),
        reply_to: vec![address()],
        to: vec![address()],
        cc: Vec::new(),
        bcc: Vec::new(),
        subject: "Re: Отчёт".to_owned(),
        body: "Да.\n".to_owned(),
        html: Some("<b>Hi</b>".to_owned()),
        attachments: vec![Attachment {
            blob: BlobId("b1".to_owned()),
            name: "план.pdf".to_owned(),
            content_type: "application/pdf".to_owned(),
            size: 5,
            inline: true,
        }],
        original: Some(Original {
            message: message(),
            kind: DraftKind::ReplyAll,
            from: vec![address()],
            date: 0,
            others: vec![address()],
            list: true,
            head: None,
        }),
        references: vec!["a@b".to_owned()],
        wishes: Wishes { receipt: true, delivery: true, priority: Priority::High },
    }
}

pub fn submission() -> Submission {
    Submission {
        id: SubmissionId(9),
        draft: DraftId("00ff".to_owned()),
        subject: "Re: Отчёт".to_owned(),
        to: vec![address()],
        state: SubmissionState::Rejected,
        refusals: vec![Refusal {
            recipient: Some("x@example.org".to_owned()),
            code: 550,
            text: "5.1.1 no".to_owned(),
            error: None,
        }],
        due: None,
        reports: Vec::new(),
        receipt: false,
        redirect: false,
    }
}

pub fn writer() -> Writer {
    Writer {
        draft: DraftId("00ff".to_owned()),
        messages: vec![message()],
        since: 1_795_457_400,
        device: Some(Device { phone: true, browser: "Chrome".to_owned(), system: "Android".to_owned() }),
        taken: true,
    }
}

pub fn forwarded() -> Draft {
    let head = Head { subject: "Отчёт".to_owned(), to: vec![address()], cc: Vec::new() };
    let original = draft().original.map(|original| Original { kind: DraftKind::Forward, head: Some(head), ..original });
    Draft { original, ..draft() }
}

pub fn waiting() -> Submission {
    let (state, due) = (SubmissionState::Waiting, Some(1_795_457_400));
    Submission { state, due, refusals: Vec::new(), ..submission() }
}

pub fn reported() -> Vec<Reported> {
    let reported =
        |fate, code, text: &str| Reported { recipient: "x@example.org".to_owned(), fate, code, text: text.to_owned() };
    vec![reported(Fate::Failed, 550, "5.1.1 no"), reported(Fate::Delivered, 0, "")]
}

pub fn returned() -> Submission {
    let state = SubmissionState::Sent;
    Submission { state, refusals: Vec::new(), reports: reported(), receipt: true, ..submission() }
}

pub fn welcome() -> Welcome {
    Welcome {
        tab: TabId("t".to_owned()),
        account: AccountId(1),
        identities: vec![Identity {
            id: IdentityId(3),
            email: "*@example.org".to_owned(),
            choices: IdentityChoices {
                name: "Ана".to_owned(),
                reply_to: vec![address()],
                bcc: vec![address()],
                signature: "Ана\n".to_owned(),
                signature_html: Some("<b>Ана</b>".to_owned()),
                signature_above: true,
                sent: Some("Sent/Work".to_owned()),
            },
        }],
        connectivity: Connectivity::Offline { error: Error::Unreachable { host: "imap.example.org".to_owned() } },
        mailboxes: vec![mailbox()],
        partial: false,
        folds: folds(),
        searches: vec![saved_search()],
        labels: vec!["urgent".to_owned()],
        quota: quota(),
        submissions: vec![submission()],
        writers: vec![writer()],
        upload_limit: 26_214_400,
    }
}
