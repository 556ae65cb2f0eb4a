// Asks an authenticator for a passkey when its button is pressed, and sends the form with the answer in it (WebAuthn §7.1, §7.2).
// Bytes are converted by hand and not by PublicKeyCredential.toJSON and its like: browsers of 2024 lack those, and so do the
// credentials that extensions of browsers hand out.
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) => {
  const letters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
};
const listed = (all) => (all ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

const create = async (asked) => {
  const user = { ...asked.user, id: bytes(asked.user.id) };
  const excludeCredentials = listed(asked.excludeCredentials);
  const made = await navigator.credentials.create({
    publicKey: { ...asked, challenge: bytes(asked.challenge), user, excludeCredentials },
  });
  const attestationObject = text(made.response.attestationObject);
  return [made, { attestationObject, transports: made.response.getTransports?.() ?? [] }];
};

const get = async (asked) => {
  const allowCredentials = listed(asked.allowCredentials);
  const made = await navigator.credentials.get({ publicKey: { ...asked, challenge: bytes(asked.challenge), allowCredentials } });
  const { authenticatorData, signature, userHandle } = made.response;
  const handle = userHandle ? text(userHandle) : null;
  return [made, { authenticatorData: text(authenticatorData), signature: text(signature), userHandle: handle }];
};

for (const part of document.querySelectorAll("[data-ask]")) {
  const button = part.querySelector("button");
  const say = (name) => part.querySelectorAll("[data-say]").forEach((one) => (one.hidden = one.dataset.say !== name));
  // An address with a colon in its host, or with digits and dots alone, is a number.
  const isNumber = /:|^[\d.]+$/.test(location.hostname.replace(/^\[|\]$/g, ""));
  if (isNumber) say("number");
  else if (!isSecureContext || !window.PublicKeyCredential) say("insecure");
  else {
    button.hidden = false;
    if (button.dataset.first !== undefined) button.focus();
  }
  button.addEventListener("click", async () => {
    say("");
    button.disabled = true;
    try {
      const answer = await fetch(part.dataset.ask, { method: "POST" });
      // Signed out, or too late.
      if (answer.status === 401 || answer.status === 403) return location.assign(part.dataset.again);
      if (answer.status === 409) return say("number");
      if (!answer.ok) return say("failed");
      const asked = (await answer.json()).publicKey;
      const [made, response] = await (asked.user ? create : get)(asked);
      response.clientDataJSON = text(made.response.clientDataJSON);
      part.querySelector("input[type=hidden]").value = JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response });
      button.form.submit();
    } catch (error) {
      // WebAuthn §5.1.3, step 20: an authenticator that has one of these makes no other.
      say(error.name === "InvalidStateError" ? "known" : error.name === "NotAllowedError" ? "stopped" : "failed");
      if (!["InvalidStateError", "NotAllowedError"].includes(error.name)) console.warn(error);
    } finally {
      button.disabled = false;
    }
  });
}
