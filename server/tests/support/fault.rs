//! What can be wrong with a line, and how a seed decides what is.

use crate::random::Random;

/// A way for a line to go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// What is said arrives late.
    Delay,
    /// What is said arrives in small pieces.
    Slices,
    /// The server says lines in between that mean nothing.
    Nonsense,
    /// The line is reset (RST) amid what is said.
    Reset,
    /// The line is closed (FIN) amid what is said: no more than so many bytes pass.
    Cut,
    /// What is said is swallowed for a while; then the line is reset.
    Hole,
    /// One direction is closed, the other is not.
    HalfClose,
    /// Bytes that mean nothing come amid what the server says; then the line is reset.
    Garbage,
    /// The server says BYE and hangs up (RFC 9051 §7.1.5).
    Bye,
}

pub const FAULTS: [Fault; 9] = [
    Fault::Delay,
    Fault::Slices,
    Fault::Nonsense,
    Fault::Reset,
    Fault::Cut,
    Fault::Hole,
    Fault::HalfClose,
    Fault::Garbage,
    Fault::Bye,
];

/// Those that end a line.
const ENDS: [Fault; 6] = [Fault::Reset, Fault::Cut, Fault::Hole, Fault::HalfClose, Fault::Garbage, Fault::Bye];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    ToServer,
    ToClient,
}

/// What one line is like for as long as a storm lasts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plan {
    /// What is read at once is held up for at most this many milliseconds.
    pub delay: u64,
    /// The longest piece that is passed on at once, in bytes; 0 for any.
    pub slice: u64,
    /// The server says lines that mean nothing.
    pub nonsense: bool,
    pub end: Option<End>,
}

/// How and when a line ends.
#[derive(Debug, Clone, Copy)]
pub struct End {
    pub fault: Fault,
    pub direction: Direction,
    /// Bytes that pass in this direction before it.
    pub after: u64,
}

impl Plan {
    /// Two lines of three end, most of them after some commands and some within the login.
    pub fn draw(random: &mut Random) -> Plan {
        let mut plan = Plan::default();
        if random.chance(30) {
            plan.delay = random.of_any_size(1, 25);
        }
        if random.chance(30) {
            plan.slice = random.of_any_size(1, 100);
        }
        plan.nonsense = random.chance(30);
        if random.chance(67) {
            let fault = random.one_of(&ENDS).expect("an end");
            let direction = match fault {
                Fault::Garbage | Fault::Bye => Direction::ToClient,
                _ => random.one_of(&[Direction::ToServer, Direction::ToClient]).expect("a direction"),
            };
            // A client says less than a server.
            let (little, much) = if direction == Direction::ToServer { (100, 10_000) } else { (1000, 100_000) };
            let after =
                if random.chance(10) { random.of_any_size(1, little) } else { random.of_any_size(little, much) };
            plan.end = Some(End { fault, direction, after });
        }
        plan
    }

    /// The faults of this line that are not its end.
    pub fn troubles(&self) -> impl Iterator<Item = Fault> {
        let delay = (self.delay > 0).then_some(Fault::Delay);
        delay.into_iter().chain((self.slice > 0).then_some(Fault::Slices))
    }
}

/// Lines that no client may take for anything: unknown, malformed, or of messages that cannot be.
pub const NONSENSE: [&[u8]; 12] = [
    b"* ((((( NONSENSE\r\n",
    b"* 1 FETCH (FLAGS (\\Seen\r\n",
    b"\xff\xfe\x00\r\n",
    b"* 4294967296 EXISTS\r\n",
    b"* 4294967297 EXPUNGE\r\n",
    b"* 0 FETCH (FLAGS (\\Seen))\r\n",
    b"* OK [XUNHEARDOF 7 ((\"] of this\r\n",
    b"* OK [UIDNEXT NIL] of this\r\n",
    b"* NO [ALERT] beware\r\n",
    b"x999999 OK [READ-ONLY] not yours\r\n",
    b"* XLIST NIL NIL NIL\r\n",
    b"* NIL\r\n",
];

/// Knows where in what a server says one response ends and the next begins (RFC 9051 §2.2.2, §4.3).
#[derive(Default)]
pub struct Lines {
    /// The end of the line so far.
    tail: Vec<u8>,
    /// Bytes of a literal that are still to come.
    literal: u64,
    /// Something of a response was said whose end was not.
    within: bool,
}

impl Lines {
    pub fn push(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if self.literal > 0 {
                self.literal -= 1;
                continue;
            }
            self.within = true;
            if *byte != b'\n' {
                self.tail.push(*byte);
                if self.tail.len() > 24 {
                    self.tail.remove(0);
                }
                continue;
            }
            self.literal = announced(&self.tail);
            self.within = self.literal > 0 || announces(&self.tail);
            self.tail.clear();
        }
    }

    /// Whether the next byte begins a response.
    pub fn between(&self) -> bool {
        !self.within
    }
}

fn announces(line: &[u8]) -> bool {
    line.ends_with(b"}\r") && line.contains(&b'{')
}

fn announced(line: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(line);
    let number = text.strip_suffix("}\r").and_then(|text| text.rsplit_once('{')).map(|(_, number)| number.parse());
    number.and_then(Result::ok).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_plan() {
        let plan = |line| format!("{:?}", Plan::draw(&mut Random::of(&[7, 1, line])));
        assert_eq!(plan(3), plan(3));
        assert!((0..20).any(|line| plan(line) != plan(3)));
    }

    #[test]
    fn every_fault_is_drawn() {
        let plans: Vec<Plan> = (0..500).map(|line| Plan::draw(&mut Random::of(&[1, 1, line]))).collect();
        for fault in FAULTS {
            let drawn = |plan: &Plan| {
                let end = plan.end.is_some_and(|end| end.fault == fault);
                end || plan.troubles().any(|trouble| trouble == fault) || (fault == Fault::Nonsense && plan.nonsense)
            };
            assert!(plans.iter().any(drawn), "{fault:?}");
        }
    }

    #[test]
    fn literals_are_no_lines() {
        let mut lines = Lines::default();
        for (said, between) in [
            ("* OK hi\r\n", true),
            ("* 1 FETCH (BODY[1] {4}\r\n", false),
            ("a\r\n", false),
            ("b", false),
            (")\r", false),
            ("\n", true),
            ("* 2 FETCH (BODY[1] {0}\r\n", false),
            (")\r\n", true),
        ] {
            lines.push(said.as_bytes());
            assert_eq!(lines.between(), between, "{said:?}");
        }
    }
}
