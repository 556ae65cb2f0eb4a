use super::*;

const OUR: &str = "Received: from a.test (a.test [192.0.2.1])\n\tby mx.pismo.test (Postfix) with ESMTPS id 1\n\tfor <ana@pismo.test>; Mon, 23 Nov 2026 10:00:00 +0000\n";
const LMTP: &str = "Received: from mx.pismo.test\n\tby mail.pismo.test with LMTP id 2\n\tfor <ana@pismo.test>; Mon, 23 Nov 2026 10:00:00 +0000\n";
const THEIRS: &str = "Received: from b.test by a.test with LMTP id 3; Mon, 23 Nov 2026 10:00:00 +0000\n";
const ABROAD: &str =
    "Received: from a.test (by mx.pismo.test) by mx.abroad.test with ESMTPS id 4; Mon, 23 Nov 2026 10:00:00 +0000\n";
const PASS: &str = "Authentication-Results: mx.pismo.test;\n\tdkim=pass (2048-bit key) header.d=example.org header.i=@example.org header.s=k1 header.b=Ab/cd+e=;\n\tspf=pass smtp.mailfrom=bounce@mail.example.org;\n\tdmarc=pass (p=reject) header.from=example.org\n";
const FORGED: &str =
    "Authentication-Results: mx.pismo.test; dkim=pass header.d=bank.test; dmarc=pass header.from=bank.test\n";
const OTHER: &str = "Authentication-Results: other.test; dmarc=pass header.from=example.org\n";
const FROM: &str = "From: Ana <ana@example.org>\n\n";

fn headers(parts: &[&str]) -> Headers {
    Headers::parse(parts.concat().replace('\n', "\r\n").as_bytes())
}

fn named(parts: &[&str]) -> Option<Authentic> {
    authentic(&headers(parts), Trust::Named(&["MX.pismo.test.".to_owned()]))
}

fn learned(parts: &[&str]) -> Option<Authentic> {
    authentic(&headers(parts), Trust::Learned("mx.pismo.test"))
}

fn check(outcome: Outcome, domain: &str) -> Check {
    Check { outcome, domain: domain.to_owned() }
}

#[test]
fn what_the_own_server_says_is_read() {
    for found in [named(&[PASS, OUR, FROM]), learned(&[LMTP, PASS, OUR, FROM])] {
        let Authentic { checks, signed } = found.expect("believed");
        assert_eq!(checks.by, "mx.pismo.test");
        assert_eq!(checks.spf, Some(check(Outcome::Passed, "mail.example.org")));
        assert_eq!(checks.dkim, [check(Outcome::Passed, "example.org")]);
        assert_eq!(checks.dmarc, Some(check(Outcome::Passed, "example.org")));
        assert_eq!(signed, [Signature { domain: "example.org".to_owned(), selector: Some("k1".to_owned()) }]);
    }
}

#[test]
fn what_somebody_else_wrote_is_not_believed() {
    for (parts, by_name, by_learning) in [
        // As it should be, with and without local delivery above.
        (&[PASS, OUR, FROM][..], true, true),
        (&[LMTP, PASS, OUR, FROM], true, true),
        // Below the line of the own server: the operator's word is good for it, what was learned is not.
        (&[OUR, PASS, FROM], true, false),
        (&[LMTP, OUR, FORGED, FROM], true, false),
        // Local delivery at the sender's, forged or not.
        (&[OUR, THEIRS, FORGED, FROM], true, false),
        // Another server took it in, which lets the field through.
        (&[ABROAD, FORGED, FROM], false, false),
        (&[LMTP, ABROAD, FORGED, FROM], false, false),
        // Another name, or another name above.
        (&[OTHER, OUR, FROM], false, false),
        (&[OTHER, PASS, OUR, FROM], false, false),
        // No server was spoken to.
        (&[PASS, FROM], true, false),
        (&[PASS, LMTP, FROM], true, false),
        (&[OUR, FROM], false, false),
    ] {
        assert_eq!(named(parts).is_some(), by_name, "{parts:?}");
        assert_eq!(learned(parts).is_some(), by_learning, "{parts:?}");
    }
}

#[test]
fn a_forged_field_adds_nothing_to_a_true_one() {
    let true_one = "Authentication-Results: mx.pismo.test; dkim=none; dmarc=fail header.from=example.org\n";
    for parts in [&[true_one, OUR, FORGED, FROM][..], &[true_one, FORGED, OUR, FROM]] {
        let checks = named(parts).expect("believed").checks;
        assert_eq!(checks.dmarc, Some(check(Outcome::Failed, "example.org")), "{parts:?}");
        assert_eq!(checks.dkim, [], "{parts:?}");
    }
    // Programs of one server each add their own.
    let spf = "Authentication-Results: mx.pismo.test; spf=softfail smtp.helo=a.test\n";
    let checks = named(&[spf, true_one, OUR, FROM]).expect("believed").checks;
    assert_eq!(checks.spf, Some(check(Outcome::Failed, "a.test")));
    assert_eq!(checks.dmarc, Some(check(Outcome::Failed, "example.org")));
}

#[test]
fn what_was_checked_is_what_is_shown() {
    let other = "From: <boss@bank.test>\n\n";
    let checks = named(&[PASS, OUR, other]).expect("believed").checks;
    assert_eq!(checks.dmarc, Some(check(Outcome::Unclear, "example.org")));
    let greeted = OUR.replace("from a.test ", "from \"x with LMTP\" ");
    assert!(learned(&[&greeted, FORGED, FROM]).is_none());
}

#[test]
fn only_what_nobody_can_forge_is_learned() {
    let server = |parts: &[&str]| server(&headers(parts));
    assert_eq!(server(&[LMTP, PASS, OUR, FROM]).as_deref(), Some("mx.pismo.test"));
    assert_eq!(server(&[OTHER, OUR, FROM]).as_deref(), Some("other.test"));
    assert_eq!(server(&[OUR, FORGED, FROM]), None);
    assert_eq!(server(&[PASS, FROM]), None);
    assert_eq!(server(&[OUR, FROM]), None);
}

#[test]
fn fields_are_read_as_they_are_written() {
    let results = |value: &str| -> Option<Vec<(String, String, usize)>> {
        let field = read(value.as_bytes())?;
        let results = field.results.into_iter().filter(|found| !found.method.is_empty());
        Some(results.map(|found| (found.method, found.result, found.properties.len())).collect())
    };
    let one = |method: &str, result: &str, properties| vec![(method.to_owned(), result.to_owned(), properties)];
    for (value, expected) in [
        ("mx.test; none", Some(Vec::new())),
        ("mx.test", Some(Vec::new())),
        ("mx.test 1; spf=pass", Some(one("spf", "pass", 0))),
        ("mx.test 2; spf=pass", None),
        ("spf=pass smtp.mailfrom=x; dkim=pass", None),
        (
            "\"mx.test\" (a ; comment (nested) \\) ); SPF = Pass (why=not) smtp.mailfrom = a@b",
            Some(one("spf", "pass", 1)),
        ),
        ("mx.test; dkim/1=fail reason=\"a; b=c\" header.d=x header.b=a=b=", Some(one("dkim", "fail", 2))),
        ("mx.test;;=;;x;=y;dmarc=", Some(Vec::new())),
        ("", None),
        ("; spf=pass", None),
    ] {
        assert_eq!(results(value), expected, "{value}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_is_too_much(text in "(Authentication-Results: |Received: |mx\\.test|with LMTP|dkim=|header\\.d=|\\PC|\r\n|;|=|\\(|\\)|\"|\\\\| ){0,80}") {
        let headers = Headers::parse(text.as_bytes());
        let _ = server(&headers);
        let _ = authentic(&headers, Trust::Named(&["mx.test".to_owned()]));
        let _ = authentic(&headers, Trust::Learned("mx.test"));
    }

    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
        let _ = read(&bytes);
        let _ = is_from_elsewhere(&bytes);
    }
}

#[test]
fn long_fields_are_read_in_linear_time() {
    let started = std::time::Instant::now();
    for unit in ["(", "\"", "\\", ";a=b", "a.b=c ", "with LMTP ", "=", "x"] {
        let long = unit.repeat(300_000);
        let _ = read(format!("mx.test; {long}").as_bytes());
        let _ = is_from_elsewhere(long.as_bytes());
    }
    let many = headers(&[&PASS.repeat(2000), OUR, FROM]);
    let _ = authentic(&many, Trust::Named(&["mx.pismo.test".to_owned()]));
    assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
}
