//! Runs in a process of their own that dies without a word: at each named step, and at any moment.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use app::wire::{AccountId, CollectorId, CollectorTrouble, Error};
use pismo::{
    collector::{STEPS, Step, Stop, Watch, collect},
    store::Store,
};
use tokio::time::sleep;

use crate::{
    lab::{Lab, Side},
    random::Random,
    seed::{Size, fill},
    setting, sides, source_server,
};

const SIZE: Size = Size { inbox: 60, other: 4, large: 4_500_000 };

/// What the other process has to know, in this order.
const TOLD: &str = "PISMO_KILLED";

/// Runs a collector until it is killed, or dies by itself when it comes to a step for the n-th time.
struct Victim(std::process::Child);

impl Victim {
    fn start(lab: &Lab, death: Option<(Step, u32)>) -> Victim {
        let step = death.map_or(STEPS.len(), |(step, _)| STEPS.iter().position(|one| *one == step).expect("a step"));
        let told = [
            lab.folder.display().to_string(),
            lab.account.0.to_string(),
            lab.collector.0.to_string(),
            lab.source.port.to_string(),
            lab.source.user.clone(),
            lab.target.port.to_string(),
            lab.target.user.clone(),
            lab.maildrop.unwrap_or(0).to_string(),
            step.to_string(),
            death.map_or(0, |(_, times)| times).to_string(),
        ];
        let child = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "killed::a_run_of_its_own", "--ignored", "--nocapture"])
            .env(TOLD, told.join("\n"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Victim(child.expect("a process"))
    }

    /// Waits until it has ended. Says whether it died.
    async fn end(mut self) -> bool {
        loop {
            if let Some(status) = self.0.try_wait().expect("a process") {
                return !status.success();
            }
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Says whether it was still alive.
    async fn kill(mut self) -> bool {
        let alive = self.0.try_wait().expect("a process").is_none();
        self.0.kill().expect("a process");
        self.end().await;
        alive
    }
}

#[tokio::test]
#[ignore = "what the others start in a process of its own"]
async fn a_run_of_its_own() {
    let Ok(told) = std::env::var(TOLD) else { return };
    let told: Vec<&str> = told.split('\n').collect();
    let [folder, account, collector, source, source_user, target, target_user, maildrop, step, times] = told[..] else {
        panic!("{told:?}")
    };
    let number = |text: &str| text.parse::<u16>().expect("a number");
    let side = |port: &str, user: &str| Side { port: number(port), user: user.to_owned(), prefix: "", delimiter: '/' };
    let folder = PathBuf::from(folder);
    let store = Store::open(&folder, None).await.expect("a store");
    let mut lab = Lab::found(store, folder, side(source, source_user), side(target, target_user));
    lab.account = AccountId(account.parse().expect("a number"));
    lab.collector = CollectorId(collector.parse().expect("a number"));
    lab.maildrop = Some(number(maildrop)).filter(|port| *port > 0);
    let (step, times) = (STEPS.get(usize::from(number(step))).copied(), u32::from(number(times)));
    let seen = Arc::new(AtomicU32::default());
    let watch: Watch = Arc::new(move |at| {
        if Some(at) == step && seen.fetch_add(1, Ordering::Relaxed) + 1 == times {
            // Nothing is put in order any more.
            std::process::abort();
        }
        true
    });
    let job = lab.job(Some(watch)).await;
    collect(&job).await.expect("a run");
    // The folder belongs to the one who has started this.
    std::mem::forget(lab);
    std::process::exit(0);
}

#[tokio::test]
async fn a_process_that_dies_at_any_step_leaves_nothing_lost_or_doubled() {
    let (source, _) = sides();
    fill(&mut source.raw().await, 41, Size { large: 1000, ..SIZE }, "", '.', &[]).await;
    for step in
        STEPS.into_iter().filter(|step| !matches!(step, Step::Found | Step::Rebound | Step::Flagged | Step::Moved))
    {
        let lab = Lab::new(&source, &sides().1).await;
        if step == Step::Recovered {
            assert!(Victim::start(&lab, Some((Step::Appended, 1))).end().await);
        }
        assert!(Victim::start(&lab, Some((step, 1))).end().await, "{step:?} is never come to");
        lab.run().await;
        lab.assert_whole(&format!("dead at {step:?}")).await;
        assert_eq!(lab.run().await, 0);
    }
}

/// A run. The server of a maildrop takes a moment to notice that whoever had it is dead.
async fn run_when_free(lab: &Lab) {
    let mut ended = lab.try_run().await;
    for _ in 0..300 {
        if !matches!(ended, Err(Stop::Run(CollectorTrouble::Source(Error::MailboxInUse { .. })))) {
            break;
        }
        sleep(Duration::from_millis(100)).await;
        ended = lab.try_run().await;
    }
    ended.expect("a run");
}

#[tokio::test]
async fn a_process_that_is_killed_at_any_moment_leaves_nothing_lost_or_doubled() {
    let (source, _) = sides();
    fill(&mut source.raw().await, 42, SIZE, "", '.', &[]).await;
    let mut random = Random::of(&[42, setting("PISMO_SEED", 1)]);
    let (mut kills, wanted) = (0, setting("PISMO_COLLECT_KILLS", 10));
    while kills < wanted {
        // Every second one over POP3, which brings the INBOX alone.
        let maildrop = (kills / 5 % 2 == 1).then(|| source_server().pop3_port());
        let lab = Lab::over(&source, maildrop, &sides().1).await;
        for _ in 0..5 {
            let victim = Victim::start(&lab, None);
            let moment = 30 + u64::try_from(random.below(500)).expect("a number");
            sleep(Duration::from_millis(moment)).await;
            kills += u64::from(victim.kill().await);
        }
        run_when_free(&lab).await;
        let when = format!("{kills} kills");
        match maildrop {
            None => lab.assert_whole(&when).await,
            Some(_) => crate::maildrop::assert_whole(&lab, &when).await,
        }
        assert_eq!(lab.run().await, 0, "{when}");
    }
}
