//! One collector: what it is at, how far it has come, what hinders it, and what can be done with it.

use leptos::prelude::*;

use crate::{
    i18n::*,
    view::{
        date::date_on_paper,
        explain::{Explained, error_text},
        words::{Words, counted, number, size},
    },
    wire::{
        Collector, CollectorFolder, CollectorKind, CollectorLook, CollectorReport, CollectorRun, CollectorState,
        CollectorTrouble, Error, RefusedMessage, RefusedReason,
    },
};

/// One that has not succeeded for so long needs a look, in seconds.
const ALARM: i64 = 24 * 3600;

/// A collector, as far as a person wants to know.
#[derive(Debug, Clone)]
pub struct Card {
    pub collector: Collector,
    /// By their names at the source.
    pub folders: Vec<CollectorFolder>,
    /// Messages that could not be brought, some of them if they are many.
    pub refused: Vec<RefusedMessage>,
    /// None before the first one.
    pub run: Option<CollectorRun>,
    pub report: Option<CollectorReport>,
    /// Messages that have left the source and wait for a word of the person's.
    pub gone: u32,
}

/// Messages and octets a second, so far.
fn rate(run: &CollectorRun, now: i64) -> Option<(f64, f64)> {
    let seconds = now - run.begun;
    #[expect(clippy::cast_precision_loss, reason = "nobody counts on the last digit of a speed")]
    let (seconds, bytes) = (seconds as f64, run.bytes as f64);
    (seconds > 0.0 && run.messages > 0).then(|| (f64::from(run.messages) / seconds, bytes / seconds))
}

impl Card {
    fn total(&self) -> u32 {
        self.folders.iter().map(|folder| folder.messages).fold(0, u32::saturating_add)
    }

    /// Of those that are there now: what has left the source since is here as well.
    fn copied(&self) -> u32 {
        self.folders.iter().map(|folder| folder.copied.min(folder.messages)).fold(0, u32::saturating_add)
    }

    /// Seconds until all is here, at the speed of this run.
    fn left(&self, now: i64) -> Option<i64> {
        let (messages, _) = rate(self.run.as_ref()?, now)?;
        let missing = self.missing();
        #[expect(clippy::cast_possible_truncation, reason = "at most some years of seconds")]
        (missing > 0).then(|| (f64::from(missing) / messages) as i64)
    }

    /// Messages that are still to come. Those that could not be brought are not.
    fn missing(&self) -> u32 {
        let refused = self.folders.iter().map(|folder| folder.refused).fold(0, u32::saturating_add);
        self.total().saturating_sub(self.copied()).saturating_sub(refused)
    }

    /// Whether it has not succeeded for too long.
    fn is_late(&self, now: i64) -> bool {
        let Collector { state, last_success, created, .. } = self.collector;
        !matches!(state, CollectorState::Paused | CollectorState::Done) && now - last_success.unwrap_or(created) > ALARM
    }

    pub(super) fn show(self, i18n: Words, now: i64, clock: Option<i32>) -> impl IntoView {
        let Collector { id, kind, ref endpoint, ref user, state, .. } = self.collector;
        let host = endpoint.split_once("://").map_or(endpoint.as_str(), |(_, host)| host).to_owned();
        let protocol = match kind {
            CollectorKind::Imap => "IMAP",
            CollectorKind::Pop3 => "POP3",
            CollectorKind::Files => "",
        };
        let from = match kind {
            CollectorKind::Files => t_string!(i18n, collect.of_files).to_owned(),
            CollectorKind::Imap | CollectorKind::Pop3 => format!("{protocol} · {host}"),
        };
        let done = state == CollectorState::Done;
        let title = user.clone();
        let (copied, total) = (self.copied(), self.total());
        let state_name = match state {
            CollectorState::Idle => "idle",
            CollectorState::Running => "running",
            CollectorState::Paused => "paused",
            CollectorState::Failed => "failed",
            CollectorState::Done => "done",
        };
        let action = move |what: &str| format!("/collectors/{}/{what}", id.0);
        let button = move |what: &'static str, words: &'static str| {
            view! {
                <form method="post" action=action(what)>
                    <button type="submit" class="button" data-testid=format!("collector-{what}")>{words}</button>
                </form>
            }
        };
        let of_files = kind == CollectorKind::Files;
        let paused = state == CollectorState::Paused;
        let stoppable = !(paused || done || of_files && state == CollectorState::Failed);
        let runnable = !done && (state != CollectorState::Running || !of_files);
        let run = match () {
            () if paused => t_string!(i18n, collect.go_on),
            () if of_files => t_string!(i18n, collect.again),
            () => t_string!(i18n, collect.run),
        };
        view! {
            <section
                class="collector"
                data-testid="collector"
                data-state=state_name
                data-copied=copied.to_string()
                data-total=total.to_string()
                aria-labelledby=format!("collector-{}", id.0)
            >
                <h2 id=format!("collector-{}", id.0)>{title}</h2>
                <p class="collector-source">{from}</p>
                {(kind == CollectorKind::Pop3).then(|| view! { <p>{t_string!(i18n, collect.over_pop3)}</p> })}
                <div data-live="" id=format!("progress-{}", id.0)>
                    {self.progress(i18n, now, clock)}
                </div>
                <div data-live="" id=format!("password-{}", id.0)>
                    {self.password(i18n, action("password"))}
                </div>
                <div data-live="" id=format!("actions-{}", id.0) class="collector-actions">
                    {runnable.then(|| button("run", run))}
                    {stoppable.then(|| button("pause", t_string!(i18n, collect.pause)))}
                    {(!of_files).then(|| view! {
                        <a
                            class="button"
                            href=format!("/identities/add?collector={}", id.0)
                            data-testid="collector-write-as"
                        >
                            {t_string!(i18n, identities.write_as)}
                        </a>
                    })}
                    <details class="collector-remove" id=format!("remove-{}", id.0)>
                        <summary class="button">{t_string!(i18n, collect.remove)}</summary>
                        <p>{t_string!(i18n, collect.remove_about)}</p>
                        {button("remove", t_string!(i18n, collect.remove_yes))}
                    </details>
                </div>
                <div data-live="" id=format!("gone-{}", id.0)>
                    {self.gone(i18n, &action("gone"))}
                </div>
                {(!of_files).then(|| self.options(i18n, action("options")))}
                <div data-live="" id=format!("folders-{}", id.0)>
                    {self.folders(i18n)}
                </div>
                <div data-live="" id=format!("refused-{}", id.0)>
                    {self.refused(i18n, clock, &action("retry"), &action("message"))}
                </div>
            </section>
        }
    }

    /// Where only a password helps, it is asked for.
    fn password(&self, i18n: Words, action: String) -> Option<impl IntoView + use<>> {
        let helps = |error: &Error| error.is_about_password() || *error == Error::SignedOut;
        let asked = matches!(&self.collector.trouble, Some(CollectorTrouble::Source(error)) if helps(error));
        asked.then(|| {
            view! {
                <form method="post" action=action class="collector-password">
                    <label class="field">
                        <span>{t_string!(i18n, collect.new_password)}</span>
                        <input
                            name="password"
                            type="password"
                            autocomplete="off"
                            maxlength="1024"
                            required
                            data-testid="collector-new-password"
                        />
                    </label>
                    <button type="submit" class="button button-primary">{t_string!(i18n, collect.go_on)}</button>
                </form>
            }
        })
    }

    /// What was found where nothing was brought yet.
    fn plan(&self, i18n: Words) -> Option<impl IntoView + use<>> {
        let found = self.folders.iter().filter_map(|folder| Some((folder.messages, folder.octets?)));
        let (messages, octets) =
            found.fold((0_u32, 0), |(all, sum), (messages, octets)| (all.saturating_add(messages), sum + octets));
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let folders = counted!(i18n, collect.in_folders, count(self.folders.len()));
        let brought = counted!(i18n, collect.brought, messages);
        // What is only put below another folder keeps its name.
        let keeps_name = |folder: &CollectorFolder| folder.target.ends_with(&folder.source);
        let renamed = count(self.folders.iter().filter(|folder| !keeps_name(folder)).count());
        let renamed = (renamed > 0).then(|| view! { <p>{counted!(i18n, collect.renamed, renamed)}</p> });
        let size = size(i18n, octets);
        (self.collector.look == CollectorLook::Done).then(|| {
            view! {
                <div data-testid="collector-plan">
                    <p>{t_string!(i18n, collect.plan, messages = brought, size = size, folders = folders).to_string()}</p>
                    {renamed}
                </div>
            }
        })
    }

    fn progress(&self, i18n: Words, now: i64, clock: Option<i32>) -> impl IntoView + use<> {
        let date = |seconds| date_on_paper(i18n.get_locale(), clock.unwrap_or_default(), seconds);
        let Collector { state, due, last_success, ref trouble, .. } = self.collector;
        let (copied, total) = (self.copied(), self.total());
        let missing = self.missing();
        let planned = self.plan(i18n);
        let looking = self.collector.look == CollectorLook::Wanted;
        let doing = match state {
            CollectorState::Paused if planned.is_some() => String::new(),
            CollectorState::Running | CollectorState::Idle if looking => t_string!(i18n, collect.looks).to_owned(),
            CollectorState::Running if total == 0 => t_string!(i18n, collect.looking).to_owned(),
            CollectorState::Running if missing > 0 => t_string!(i18n, collect.running).to_owned(),
            CollectorState::Running => t_string!(i18n, collect.comparing).to_owned(),
            CollectorState::Paused => t_string!(i18n, collect.paused).to_owned(),
            CollectorState::Failed => t_string!(i18n, collect.failed).to_owned(),
            CollectorState::Done => t_string!(i18n, collect.done).to_owned(),
            CollectorState::Idle if due <= now => t_string!(i18n, collect.soon).to_owned(),
            CollectorState::Idle => t_string!(i18n, collect.waits, date = date(due)).to_string(),
        };
        let speed = (state == CollectorState::Running).then(|| rate(self.run.as_ref()?, now)).flatten().map(
            |(messages, bytes)| {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a speed, for people")]
                let (messages, bytes) = (messages.ceil() as u32, bytes as u64);
                let speed =
                    t_string!(i18n, collect.speed, messages = number(messages), size = size(i18n, bytes)).to_string();
                match self.left(now) {
                    Some(left) => format!("{speed} · {}", t_string!(i18n, collect.left, time = duration(i18n, left))),
                    None => speed,
                }
            },
        );
        let count = (total > 0 && planned.is_none() && !looking).then(|| {
            let bytes = self.folders.iter().map(|folder| folder.bytes).sum();
            let text = t_string!(i18n, collect.count, copied = number(copied), total = number(total), size = size(i18n, bytes));
            view! {
                <progress max=total.to_string() value=copied.to_string() aria-label=t_string!(i18n, collect.title)></progress>
                <p class="collector-count">{text.to_string()}</p>
            }
        });
        let report = self.report.as_ref().filter(|_| state != CollectorState::Running).map(|report| {
            let CollectorReport { ended, seconds, messages, bytes } = report;
            let time = duration(i18n, i64::try_from((*seconds).max(1)).unwrap_or(i64::MAX));
            let (brought, size, date) = (counted!(i18n, collect.brought, *messages), size(i18n, *bytes), date(*ended));
            let text = t_string!(i18n, collect.report, brought = brought, size = size, time = time, date = date);
            view! { <p data-testid="collector-report">{text.to_string()}</p> }
        });
        let success =
            last_success.map(|at| view! { <p>{t_string!(i18n, collect.success, date = date(at)).to_string()}</p> });
        let late = self.is_late(now).then(|| view! { <p class="notice">{t_string!(i18n, collect.late)}</p> });
        let trouble = trouble.as_ref().map(|trouble| {
            view! { <div class="notice" data-testid="collector-trouble">{explained(i18n, trouble)}</div> }
        });
        view! {
            <p class="collector-doing">{doing} {speed.map(|speed| format!(" {speed}"))}</p>
            {planned}
            {count}
            {late}
            {trouble}
            {report}
            {success}
        }
    }

    fn folders(&self, i18n: Words) -> Option<impl IntoView + use<>> {
        if self.folders.is_empty() {
            return None;
        }
        let rows = self.folders.iter().map(|folder| {
            let CollectorFolder { source, target, messages, copied, bytes, refused, octets, trouble } = folder;
            // Before anything is brought it is the size there that counts.
            let bytes = if *copied == 0 { octets.unwrap_or(*bytes) } else { *bytes };
            let name = if source == target { source.clone() } else { format!("{source} → {target}") };
            let trouble = trouble.as_ref().map(|trouble| view! { <small>{in_words(i18n, trouble)}</small> });
            let refused = (*refused > 0).then(|| view! { <small>{counted!(i18n, collect.refused, *refused)}</small> });
            view! {
                <tr data-testid="collector-folder" data-path=target.clone()>
                    <th scope="row">{name} {trouble} {refused}</th>
                    <td>{format!("{} / {}", number(*copied), number(*messages))}</td>
                    <td>{size(i18n, bytes)}</td>
                </tr>
            }
        });
        Some(view! {
            <details id=format!("all-folders-{}", self.collector.id.0)>
                <summary>{t_string!(i18n, collect.folders)}</summary>
                <table class="server-table">
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </details>
        })
    }

    fn refused(&self, i18n: Words, clock: Option<i32>, retry: &str, file: &str) -> Option<impl IntoView + use<>> {
        if self.refused.is_empty() {
            return None;
        }
        let all = self.folders.iter().map(|folder| folder.refused).fold(0, u32::saturating_add);
        let of_files = self.collector.kind == CollectorKind::Files;
        let done = self.collector.state == CollectorState::Done;
        let rows = self.refused.iter().map(|message| {
            let RefusedMessage { source, folder, uid_validity, uid, size: octets, date, reason } = message;
            let href = format!("{file}?folder={folder}&uid_validity={}&uid={}", uid_validity.0, uid.0);
            let date = date.map(|date| date_on_paper(i18n.get_locale(), clock.unwrap_or_default(), date));
            view! {
                <tr data-testid="collector-refused">
                    <th scope="row">{source.clone()} <small>{date}</small></th>
                    <td>{size(i18n, *octets)}</td>
                    <td>
                        {refusal(i18n, reason)}
                        " "
                        {(!of_files).then(|| view! {
                            <a href=href download="" data-testid="collector-download">{t_string!(i18n, collect.download)}</a>
                        })}
                    </td>
                </tr>
            }
        });
        Some(view! {
            <details id=format!("all-refused-{}", self.collector.id.0)>
                <summary>{counted!(i18n, collect.refused, all.max(1))}</summary>
                {(!of_files).then(|| view! { <p>{t_string!(i18n, collect.refused_about)}</p> })}
                <table class="server-table">
                    <tbody>{rows.collect_view()}</tbody>
                </table>
                {(!done).then(|| view! {
                    <form method="post" action=retry.to_owned()>
                        <button type="submit" class="button" data-testid="collector-retry">
                            {t_string!(i18n, collect.retry)}
                        </button>
                    </form>
                })}
            </details>
        })
    }
}

/// Why a run ended early, with whose fault it is and what the server said.
fn explained(i18n: Words, trouble: &CollectorTrouble) -> impl IntoView + use<> {
    let (whose, error) = match trouble {
        CollectorTrouble::Source(error @ (Error::NoMail | Error::BadFile { .. })) => ("", Some(error.clone())),
        CollectorTrouble::Source(error) => (t_string!(i18n, collect.at_source), Some(error.clone())),
        CollectorTrouble::Target(error) => (t_string!(i18n, collect.at_target), Some(error.clone())),
        CollectorTrouble::SameAccount | CollectorTrouble::Internal => (in_words_alone(i18n, trouble), None),
    };
    view! {
        {(!whose.is_empty()).then(|| view! { <p>{whose}</p> })}
        {error.map(|error| view! { <Explained error /> })}
    }
}

fn in_words(i18n: Words, trouble: &CollectorTrouble) -> String {
    match trouble {
        CollectorTrouble::Source(error) | CollectorTrouble::Target(error) => error_text(i18n, error),
        CollectorTrouble::SameAccount | CollectorTrouble::Internal => in_words_alone(i18n, trouble).to_owned(),
    }
}

fn in_words_alone(i18n: Words, trouble: &CollectorTrouble) -> &'static str {
    match trouble {
        CollectorTrouble::SameAccount => t_string!(i18n, collect.same),
        _ => t_string!(i18n, error.internal),
    }
}

fn refusal(i18n: Words, reason: &RefusedReason) -> String {
    match reason {
        RefusedReason::Unreadable { text } => t_string!(i18n, collect.unreadable, text = text.clone()).to_string(),
        RefusedReason::TooLarge { limit } => t_string!(i18n, collect.too_large, size = size(i18n, *limit)).to_string(),
        RefusedReason::Nul => t_string!(i18n, collect.nul).to_owned(),
        RefusedReason::Refused { text } => t_string!(i18n, collect.not_taken, text = text.clone()).to_string(),
        RefusedReason::BreaksTheLine => t_string!(i18n, collect.breaks).to_owned(),
    }
}

/// A length of time in its two largest units.
fn duration(i18n: Words, seconds: i64) -> String {
    let (hours, minutes) = (seconds / 3600, seconds % 3600 / 60);
    match (hours, minutes) {
        (0, 0) => t_string!(i18n, collect.seconds, count = seconds.max(1)).to_string(),
        (0, _) => t_string!(i18n, collect.minutes, count = minutes).to_string(),
        _ => t_string!(i18n, collect.hours, hours = hours, minutes = minutes).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_has_never_succeeded_is_late_after_a_day_as_well() {
        let collector = |last_success, state| Collector {
            id: crate::wire::CollectorId(1),
            kind: CollectorKind::Imap,
            endpoint: "imaps://x:993".to_owned(),
            user: "ana".to_owned(),
            options: Default::default(),
            state,
            look: CollectorLook::No,
            due: 0,
            last_success,
            trouble: None,
            created: 1000,
        };
        let run = Some(CollectorRun { begun: 1000 + ALARM, messages: 0, bytes: 0 });
        let late = |last_success, state| {
            let collector = collector(last_success, state);
            let card =
                Card { collector, folders: Vec::new(), refused: Vec::new(), run: run.clone(), report: None, gone: 0 };
            card.is_late(1001 + ALARM)
        };
        assert!(late(None, CollectorState::Idle) && late(Some(1000), CollectorState::Failed));
        assert!(!late(Some(1002), CollectorState::Idle) && !late(None, CollectorState::Paused));
    }

    #[test]
    fn a_speed_is_what_was_done_by_the_time_it_took() {
        let run = CollectorRun { begun: 100, messages: 500, bytes: 10_000 };
        assert_eq!(rate(&run, 110), Some((50.0, 1000.0)));
        assert_eq!(rate(&run, 100), None, "no time has passed");
        assert_eq!(rate(&CollectorRun { messages: 0, ..run }, 110), None);
    }
}
