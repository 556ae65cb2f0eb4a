//! An authenticator in software (WebAuthn §6), with the browser around it: makes a key, signs with it, and can be told to do it wrong.
#![allow(dead_code, reason = "each test program uses a part of it")]

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Bits of the authenticator's data (WebAuthn §6.1): somebody touched it, and it knows that it was its owner.
const PRESENT: u8 = 1;
const VERIFIED: u8 = 4;
const WITH_KEY: u8 = 64;

/// One passkey, on the page of one origin. A clone is a copy of it, as a thief would have.
#[derive(Clone)]
pub struct Authenticator {
    pub key: SigningKey,
    pub credential: Vec<u8>,
    /// For whom it signs, as it was told when it was made.
    pub handle: Vec<u8>,
    pub origin: String,
    pub rp: String,
    /// How often it has signed. One that does not count stays at 0.
    pub counter: u32,
    pub counts: bool,
}

pub fn random<const LENGTH: usize>() -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).expect("randomness");
    bytes
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn bytes(value: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(value.as_str().expect("a text")).expect("base64url")
}

impl Authenticator {
    /// Makes a passkey, as `navigator.credentials.create` would on a page of this origin. Gives back the answer to send.
    pub fn create(asked: &Value, origin: &str) -> (Authenticator, String) {
        let asked = &asked["publicKey"];
        let authenticator = Authenticator {
            key: SigningKey::from_slice(&random::<32>()).expect("a key"),
            credential: random::<16>().to_vec(),
            handle: bytes(&asked["user"]["id"]),
            origin: origin.to_owned(),
            rp: asked["rp"]["id"].as_str().expect("a host").to_owned(),
            counter: 0,
            counts: true,
        };
        let answer = authenticator.made(asked);
        (authenticator, answer)
    }

    /// The answer for this key to what was asked.
    pub fn made(&self, asked: &Value) -> String {
        let client = self.client("webauthn.create", &asked["challenge"]);
        // CTAP 2.1 §8: canonical CBOR, written out.
        let data = self.data(PRESENT | VERIFIED | WITH_KEY, &self.attested());
        let head: &[u8] = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58";
        let object = [head, &[u8::try_from(data.len()).expect("a short one")], data.as_slice()].concat();
        let response = json!({
            "clientDataJSON": text(client.as_bytes()),
            "attestationObject": text(&object),
            "transports": ["internal", "something-new"],
        });
        self.credential_with(response)
    }

    /// The key and its name (WebAuthn §6.5.1).
    fn attested(&self) -> Vec<u8> {
        let point = self.key.verifying_key().to_sec1_point(false);
        let (x, y) = point.as_bytes()[1..].split_at(32);
        let length = u16::try_from(self.credential.len()).expect("a short one").to_be_bytes();
        let key = [b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20", x, b"\x22\x58\x20", y].concat();
        [&[0; 16], length.as_slice(), &self.credential, &key].concat()
    }

    /// Signs, as `navigator.credentials.get` would. Gives back the answer to send.
    pub fn sign(&mut self, asked: &Value) -> String {
        let asked = &asked["publicKey"];
        assert_eq!(asked["rpId"], self.rp, "a browser would not have asked the authenticator");
        let offered = asked["allowCredentials"].as_array().expect("a list");
        assert!(offered.iter().any(|one| bytes(&one["id"]) == self.credential), "nor for this one: {asked}");
        self.answer(&asked["challenge"])
    }

    /// Signs whatever it is given.
    pub fn answer(&mut self, challenge: &Value) -> String {
        if self.counts {
            self.counter += 1;
        }
        let client = self.client("webauthn.get", challenge);
        let data = self.data(PRESENT | VERIFIED, &[]);
        let signed = [data.as_slice(), &Sha256::digest(client.as_bytes())].concat();
        let signature: Signature = self.key.sign(&signed);
        let response = json!({
            "clientDataJSON": text(client.as_bytes()),
            "authenticatorData": text(&data),
            "signature": text(signature.to_der().as_bytes()),
            "userHandle": text(&self.handle),
        });
        self.credential_with(response)
    }

    fn client(&self, kind: &str, challenge: &Value) -> String {
        json!({ "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false }).to_string()
    }

    fn data(&self, flags: u8, attested: &[u8]) -> Vec<u8> {
        let host = Sha256::digest(self.rp.as_bytes());
        [host.as_slice(), &[flags], &self.counter.to_be_bytes(), attested].concat()
    }

    fn credential_with(&self, response: Value) -> String {
        let id = text(&self.credential);
        json!({ "id": id, "rawId": id, "type": "public-key", "response": response }).to_string()
    }
}
