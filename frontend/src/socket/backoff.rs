//! How long to wait before the next try.

/// In milliseconds: twice as long each time, and never two tabs in step.
pub struct Backoff(u32);

const FIRST: u32 = 500;
const LONGEST: u32 = 30_000;

impl Default for Backoff {
    fn default() -> Self {
        Backoff(FIRST)
    }
}

impl Backoff {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most LONGEST and a half")]
    pub fn next(&mut self) -> u32 {
        let delay = f64::from(self.0) * (0.5 + js_sys::Math::random());
        self.0 = (self.0 * 2).min(LONGEST);
        delay as u32
    }
}
