//! How much was done in histories, what went wrong on the lines, and how soon all was equal after it.

use std::{collections::BTreeMap, fmt, time::Duration};

use app::wire::{Error, Reply};

use crate::fault::Fault;

#[derive(Default)]
pub struct Figures {
    pub histories: u64,
    pub operations: u64,
    pub acknowledged: u64,
    pub refused: u64,
    pub lines: u64,
    pub faults: BTreeMap<String, u64>,
    /// How long each rest took to be equal.
    equal: Vec<Duration>,
}

impl Figures {
    pub fn answered(&mut self, answer: &Result<Reply, Error>) {
        match answer {
            Ok(_) => self.acknowledged += 1,
            Err(_) => self.refused += 1,
        }
    }

    pub fn equal_after(&mut self, time: Duration) {
        self.equal.push(time);
    }

    pub fn faults(&mut self, counts: &[(Fault, u64)]) {
        for (fault, count) in counts {
            *self.faults.entry(format!("{fault:?}")).or_default() += count;
        }
    }

    pub fn add(&mut self, other: Figures) {
        self.histories += other.histories;
        self.operations += other.operations;
        self.acknowledged += other.acknowledged;
        self.refused += other.refused;
        self.lines += other.lines;
        for (fault, count) in other.faults {
            *self.faults.entry(fault).or_default() += count;
        }
        self.equal.extend(other.equal);
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut equal = self.equal.clone();
        equal.sort_unstable();
        let part = |hundredths: usize| equal.get(equal.len().saturating_sub(1) * hundredths / 100);
        let part = |hundredths| part(hundredths).map_or(0.0, Duration::as_secs_f64);
        let within = equal.iter().filter(|time| time.as_secs() < 10).count();
        writeln!(
            out,
            "{} operations in {} histories; of the commands of tabs {} were done and {} refused",
            self.operations, self.histories, self.acknowledged, self.refused
        )?;
        let faults: Vec<String> = self.faults.iter().map(|(fault, count)| format!("{fault} {count}")).collect();
        writeln!(out, "{} lines; faults: {}", self.lines, faults.join(", "))?;
        write!(
            out,
            "equal after {:.2} s of quiet (median), {:.2} s (95 of 100), {:.2} s (at most); {within} of {} within 10 s",
            part(50),
            part(95),
            part(100),
            equal.len()
        )
    }
}
