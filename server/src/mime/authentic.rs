//! What mail servers have found out about who sent a message (RFC 8601), as far as it can be believed. Pure, and linear.
//!
//! Anybody can write an `Authentication-Results` field. Servers put theirs above what they got, so what counts is where a field
//! stands, and the name in it. There are two ways to believe one:
//!
//! - The operator has named the server (`PISMO_AUTHSERV_ID`). The fields of this name at the top are believed, as far as the
//!   first `Received` below them, and none below a field of another name, or a `Received` of a host that is not the operator's.
//!   RFC 8601 §5 has that server remove fields from others that bear its name.
//! - The name was learned. Then only what stands above the topmost `Received` of a server that was spoken to over the net is
//!   believed. Every server that takes a message in puts its own `Received` on top (RFC 5321 §4.4), so whoever sends a message
//!   cannot write anything there: what they forge is below it. Fields of local delivery (LMTP, RFC 3848) may stand above.
//!
//! Somebody could send twenty messages with a field of a name of their own, to have it learned. It would be below that line and
//! is not seen. The same holds for a field with the server's own name, forged. A server that adds no `Received` at all would
//! open this; messages without one are not believed. What a collector has brought bears the traces of another server, which
//! may let such fields through: it is left out by whoever calls this.

use app::wire::{Check, Checks, Outcome};

use super::Headers;
use crate::host::{ascii, belong_together};

/// Fields of one message, results of one field and signatures that are read, at most.
const MAX_FIELDS: usize = 20;
const MAX_RESULTS: usize = 50;
const MAX_SIGNATURES: usize = 10;

/// The longest word that is kept, in bytes: no name or domain is longer.
const MAX_WORD: usize = 320;

/// Whom to believe.
#[derive(Debug, Clone, Copy)]
pub enum Trust<'a> {
    /// Servers that the operator has named.
    Named(&'a [String]),
    /// A name that was learned.
    Learned(&'a str),
}

/// What is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authentic {
    pub checks: Checks,
    /// The signatures that hold.
    pub signed: Vec<Signature>,
}

/// Whose signature it is (RFC 6376 §3.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    pub domain: String,
    /// Where it says by which of the domain's keys.
    pub selector: Option<String>,
}

/// What is to be believed of who sent a message. Nothing where nobody that is believed has said anything.
pub fn authentic(headers: &Headers, trust: Trust) -> Option<Authentic> {
    let fields = match trust {
        Trust::Named(names) => {
            let is_named = |field: &Field| names.iter().any(|name| is_same(name, &field.server));
            // Mail that came by way of another server bears traces of that one above.
            believed(headers, is_named, |received| is_from_elsewhere(received) && !is_by(received, names))
        }
        Trust::Learned(name) => {
            below_is_from_elsewhere(headers)?;
            believed(headers, |field| is_same(name, &field.server), is_from_elsewhere)
        }
    };
    let server = fields.first()?.server.clone();
    Some(summed_up(server, &fields, headers))
}

/// The name of the server that has put its results where nobody else can: the one to learn.
pub fn server(headers: &Headers) -> Option<String> {
    below_is_from_elsewhere(headers)?;
    let fields = believed(headers, |field| !field.server.is_empty(), is_from_elsewhere);
    fields.first().map(|field| field.server.to_ascii_lowercase())
}

/// The fields at the top that are believed: as far as one that is not, a `Received` below the first of them, or one at which all
/// ends.
fn believed(headers: &Headers, is_believed: impl Fn(&Field) -> bool, ends: impl Fn(&[u8]) -> bool) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for (name, value) in headers.iter() {
        match name {
            "authentication-results" => match read(value).filter(&is_believed) {
                Some(field) if fields.len() < MAX_FIELDS => fields.push(field),
                _ => break,
            },
            "received" if !fields.is_empty() || ends(value) => break,
            _ => {}
        }
    }
    fields
}

fn below_is_from_elsewhere(headers: &Headers) -> Option<()> {
    headers.all("Received").any(is_from_elsewhere).then_some(())
}

/// Whether a `Received` field tells of a message that came over the net, and not by local delivery.
fn is_from_elsewhere(received: &[u8]) -> bool {
    let how = said(received, "with").unwrap_or_default().to_ascii_lowercase();
    !["lmtp", "utf8lmtp"].iter().any(|local| how.starts_with(local))
}

/// Whether a `Received` field is of one of these hosts, or of one that belongs to whose they are.
fn is_by(received: &[u8], names: &[String]) -> bool {
    said(received, "by").is_some_and(|host| names.iter().any(|name| belong_together(name, &host)))
}

/// What follows a word in a `Received` field. What the server says stands last; before it may be the sender's words.
fn said(received: &[u8], wanted: &str) -> Option<String> {
    let mut found = None;
    for pair in words(received).windows(2) {
        match pair {
            [Token::Word(word), Token::Word(value)] if word.eq_ignore_ascii_case(wanted) => found = Some(value.clone()),
            [Token::Semicolon, _] => break,
            _ => {}
        }
    }
    found
}

fn is_same(one: &str, other: &str) -> bool {
    !one.is_empty() && one.trim_end_matches('.').eq_ignore_ascii_case(other.trim_end_matches('.'))
}

/// One field.
#[derive(Debug, Default, PartialEq, Eq)]
struct Field {
    server: String,
    results: Vec<Found>,
}

/// One result in it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    /// In small letters, as what follows but for the values.
    method: String,
    result: String,
    /// `header.d` and the like.
    properties: Vec<(String, String)>,
}

impl Found {
    fn property(&self, name: &str) -> Option<&str> {
        self.properties.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn outcome(&self) -> Outcome {
        match (self.method.as_str(), self.result.as_str()) {
            (_, "pass") => Outcome::Passed,
            (_, "fail" | "hardfail") | ("spf", "softfail") | ("dkim", "permerror") => Outcome::Failed,
            _ => Outcome::Unclear,
        }
    }
}

enum Token {
    Word(String),
    Equals,
    Semicolon,
}

/// Reads a field (RFC 8601 §2.2). None of another version, or where there is no name.
fn read(value: &[u8]) -> Option<Field> {
    let mut tokens = words(value).into_iter().peekable();
    let Some(Token::Word(server)) = tokens.next() else { return None };
    // Exchange leaves the name out: then this was the first method.
    if matches!(tokens.peek(), Some(Token::Equals)) {
        return None;
    }
    if let Some(Token::Word(version)) = tokens.peek()
        && version != "1"
    {
        return None;
    }
    let mut field = Field { server, results: Vec::new() };
    let mut key: Option<String> = None;
    let mut assigned = false;
    for token in tokens {
        match token {
            Token::Semicolon => {
                if field.results.len() >= MAX_RESULTS {
                    break;
                }
                field.results.push(Found::default());
                (key, assigned) = (None, false);
            }
            Token::Equals => assigned = key.is_some(),
            Token::Word(word) if assigned => {
                let key = key.take().unwrap_or_default().to_ascii_lowercase();
                assigned = false;
                let Some(found) = field.results.last_mut() else { continue };
                if found.method.is_empty() {
                    // `dkim/1` names the version of the method.
                    found.method = key.split('/').next().unwrap_or_default().to_owned();
                    found.result = word.to_ascii_lowercase();
                } else if key.contains('.') && found.properties.len() < MAX_RESULTS {
                    found.properties.push((key, word));
                }
            }
            Token::Word(word) => key = Some(word),
        }
    }
    Some(field)
}

/// The words of a structured field, without comments (RFC 5322 §3.2.2) and quotes.
fn words(value: &[u8]) -> Vec<Token> {
    let text = String::from_utf8_lossy(value);
    let mut tokens = Vec::new();
    let mut word = String::new();
    let end = |word: &mut String, tokens: &mut Vec<Token>| {
        if !word.is_empty() {
            tokens.push(Token::Word(std::mem::take(word)));
        }
    };
    let push = |word: &mut String, letter: char| {
        if word.len() < MAX_WORD && !letter.is_control() {
            word.push(letter);
        }
    };
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '(' => {
                end(&mut word, &mut tokens);
                let mut depth = 1usize;
                while depth > 0
                    && let Some(letter) = letters.next()
                {
                    match letter {
                        '\\' => _ = letters.next(),
                        '(' => depth += 1,
                        ')' => depth -= 1,
                        _ => {}
                    }
                }
            }
            '"' => {
                while let Some(letter) = letters.next().filter(|letter| *letter != '"') {
                    let letter = if letter == '\\' { letters.next() } else { Some(letter) };
                    letter.into_iter().for_each(|letter| push(&mut word, letter));
                }
            }
            '=' => {
                end(&mut word, &mut tokens);
                tokens.push(Token::Equals);
            }
            ';' => {
                end(&mut word, &mut tokens);
                tokens.push(Token::Semicolon);
            }
            letter if letter.is_whitespace() => end(&mut word, &mut tokens),
            letter => push(&mut word, letter),
        }
    }
    end(&mut word, &mut tokens);
    tokens
}

/// The domain of an address, or what is one already.
fn domain(value: &str) -> String {
    let domain = value.rsplit_once('@').map_or(value, |(_, domain)| domain);
    domain.trim_matches(['<', '>', '.']).to_ascii_lowercase()
}

/// Of each method what the topmost field says that has it: a server puts what it found above what was there.
fn summed_up(server: String, fields: &[Field], headers: &Headers) -> Authentic {
    let of = |method: &str| -> Vec<&Found> {
        let of_method = |field: &Field| field.results.iter().any(|found| found.method == method);
        let field = fields.iter().find(|field| of_method(field));
        field.into_iter().flat_map(|field| &field.results).filter(|found| found.method == method).collect()
    };
    let spf = of("spf");
    // Several are of the envelope and of the name that the sending server gave itself; the envelope says more.
    let spf = spf.iter().find(|found| found.property("smtp.mailfrom").is_some()).or(spf.first()).map(|found| {
        let domain_of = found.property("smtp.mailfrom").or(found.property("smtp.helo")).unwrap_or_default();
        Check { outcome: found.outcome(), domain: domain(domain_of) }
    });
    let signatures: Vec<(Check, Signature)> = of("dkim")
        .into_iter()
        .filter(|found| found.result != "none")
        .take(MAX_SIGNATURES)
        .map(|found| {
            let domain = domain(found.property("header.d").or(found.property("header.i")).unwrap_or_default());
            let selector = found.property("header.s").map(str::to_owned);
            (Check { outcome: found.outcome(), domain: domain.clone() }, Signature { domain, selector })
        })
        .collect();
    let from: Vec<String> = headers.addresses("From").iter().map(|from| ascii(&domain(&from.email))).collect();
    let dmarc = of("dmarc").first().map(|found| {
        let domain = domain(found.property("header.from").unwrap_or_default());
        // What was checked has to be what is shown: of several senders it may have been another.
        let is_shown = domain.is_empty() || from.contains(&ascii(&domain));
        Check { outcome: if is_shown { found.outcome() } else { Outcome::Unclear }, domain }
    });
    let signed = signatures.iter().filter(|(check, _)| check.outcome == Outcome::Passed);
    let signed = signed.map(|(_, signature)| signature.clone()).filter(|one| !one.domain.is_empty()).collect();
    let dkim = signatures.into_iter().map(|(check, _)| check).collect();
    Authentic { checks: Checks { by: server, spf, dkim, dmarc }, signed }
}

#[cfg(test)]
mod tests;
