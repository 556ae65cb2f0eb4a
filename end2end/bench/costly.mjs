// Messages that somebody could have made so that whoever reads them has to look at the same bytes again and again: each of any size.

/** As much as the bridge takes of a header, of what binds conversations in it, and of a text, in bytes. */
const HEADER = 256 * 1024;
const LINKS = 64 * 1024;
const TEXT = 1024 * 1024;
/** What other fields take of a header. */
const OTHERS = 1024;

const FIELDS = { From: "someone@example.org", To: "reader@pismo.test", Subject: "hostile", "MIME-Version": "1.0" };

/** A header of the usual fields but for one that stands below them. */
const head = (without) => Object.entries(FIELDS).filter(([name]) => name !== without).map(([name, value]) => `${name}: ${value}\r\n`).join("");
const field = (name, value, limit = HEADER) => ({ limit: limit - OTHERS, make: (size) => `${head(name)}${name}: ${value(size)}\r\n\r\nHello\r\n` });
/** A field whose value is one piece again and again, after and before something. */
const again = (name, piece, before = "", after = "", limit = HEADER) => field(name, (size) => before + times(piece, size - before.length - after.length) + after, limit);
const body = (type, text, fields = "") => ({ limit: TEXT, make: (size) => `${head()}Content-Type: ${type}\r\n${fields}\r\n${text(size)}` });
const plain = (piece, type = "text/plain; charset=utf-8") => body(type, (size) => times(piece, size));
const html = (piece, before = "", after = "") => body("text/html; charset=utf-8", (size) => before + times(piece, size - before.length - after.length) + after);

/** A piece as often as fits; one that is made of its number each time anew. */
function times(piece, size) {
  if (typeof piece === "string") return piece.repeat(Math.max(1, Math.floor(size / piece.length)));
  const pieces = [];
  for (let at = 0, length = 0; length < size; at++) length += pieces[pieces.push(piece(at)) - 1].length;
  return pieces.join("");
}

const CHARSETS = ["utf-8", "koi8-r", "windows-1251", "iso-2022-jp", "gb18030", "shift_jis", "utf-7", "x-unknown"];
const Q = "=D0=9F=1B=24=B8=E1";

/** What a message of this size is like; `limit` is the most of it that the bridge looks at. */
export const HEADERS = {
  "From, comments in comments": field("From", (size) => `${"(".repeat(size / 2)}${")".repeat(size / 2 - 20)} a@example.org`),
  "From, escapes in quotes": again("From", '\\"', '"', '" <a@example.org>'),
  "From, a quote that never ends": again("From", '"a'),
  "From, an address of colons": field("From", (size) => `${"a".repeat(size / 2)}@${":".repeat(size / 2 - 2)}`),
  "From, letters that nobody sees": again("From", "a\u200b\u202e\u200d", "", " <a@example.org>"),
  "From, a long domain": again("From", "xn--80ak6aa92e.", "a@", "org"),
  "To, nothing but commas": again("To", ","),
  "To, brackets that open": again("To", "<"),
  "To, brackets with a quote in them": again("To", '<@":>"\\""'),
  "To, signs that stand for at": again("To", "@"),
  "To, groups": again("To", "a:b@example.org;"),
  "To, groups in groups": again("To", "a:"),
  "Cc, domain literals": again("Cc", "a@[IPv6:::1],"),
  "Cc, words without an address": again("Cc", "a b c "),
  "Reply-To, encoded words in brackets": again("Reply-To", "<=?utf-8?q?<?=>"),
  "Subject, charsets by turns, letters split": again("Subject", (at) => `=?${CHARSETS[at % CHARSETS.length]}?q?${Q}?=\r\n `),
  "Subject, encoded words that never end": again("Subject", "=?utf-8?b?"),
  "Subject, raw letters": again("Subject", "\u043f\u0440 \u00e9"),
  "Subject, folded at each letter": again("Subject", "\r\n a"),
  "Subject, names of lists": again("Subject", "[]", "", "", LINKS),
  "Subject, answers to answers": again("Subject", "[a] re: ", "", "", LINKS),
  "Subject, forwarded in brackets": field("Subject", (size) => "[fwd:".repeat(size / 6) + "]".repeat(size / 6), LINKS),
  "References": again("References", (at) => `<${at}@example.org>\r\n `, "", "", LINKS),
  "References, brackets that open": again("References", "<a"),
  "In-Reply-To, words": again("In-Reply-To", "a@b "),
  "Message-ID, brackets that close": again("Message-ID", ">", "<a@b"),
  "Date, comments": again("Date", "(a)", "Mon, 23 Nov 2026 10:00:00 "),
  "Content-Type, parameters": again("Content-Type", (at) => `; a${at}=b`, "text/plain"),
  "Content-Type, a name in pieces": again("Content-Type", (at) => `; name*${at}*=%41%D0`, "application/pdf"),
  "Content-Disposition, a name in pieces": again("Content-Disposition", (at) => `; filename*${at}="a"`, "attachment"),
  "List-Unsubscribe": again("List-Unsubscribe", "<https://example.org/a>, <"),
  "Authentication-Results": again("Authentication-Results", "; dkim=pass (a(b)) header.d=example.org", "mx.pismo.test"),
  "DKIM-Signature": again("DKIM-Signature", "list-unsubscribe:", "d=example.org; s=a; h="),
  "Received, one": again("Received", "with by ", "by mx.pismo.test "),
  "Received, many": again("Received", "by a with b\r\nReceived: "),
  "fields of one letter": again("X", "\r\na:"),
  "Disposition-Notification-To": again("Disposition-Notification-To", "a@b,"),
};

/** The same for what is below the header. */
export const BODIES = {
  "text, quotes deeper and deeper": plain((at) => `${">".repeat(1 + (at % 200))} a\r\n`, "text/plain; format=flowed"),
  "text, lines that flow on": plain("a \r\n", "text/plain; format=flowed; delsp=yes"),
  "text, links": plain("https://example.org/a?b=c\r\n"),
  "text, brackets that open": plain("("),
  "text, brackets that close": body("text/plain", (size) => `www.example.org${")".repeat(size)}`),
  "text, www.": plain("www."),
  "text, one line": plain("a"),
  "text, a uuencoded file": body("text/plain", (size) => `begin 644 a\r\n${times(`M${"#0V%T".repeat(10)}\r\n`, size)}\`\r\nend\r\n`),
  "text, escapes of ISO-2022-JP": plain("\u001b$B$\"\u001b(Ba", "text/plain; charset=iso-2022-jp"),
  "text, bytes of no charset": plain("\u00d0\u00ff ", "text/plain; charset=us-ascii"),
  "base64 with other letters in it": body("text/plain", (size) => times("Y!W*", size), "Content-Transfer-Encoding: base64\r\n"),
  "quoted-printable, blanks at the end": body("text/plain", (size) => times(`a=${" ".repeat(60)}`, size), "Content-Transfer-Encoding: quoted-printable\r\n"),
  "1,000 parts, names in them": body("multipart/mixed; boundary=b", (size) => times((at) => `--b\r\nContent-Type: application/pdf; name="${at}.pdf"\r\n\r\n\r\n`, Math.min(size, TEXT / 16)) + times("a\r\n", size)),
  "a report of many recipients": body("multipart/report; report-type=delivery-status; boundary=b", (size) => `--b\r\n\r\na\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n${times((at) => `\r\nFinal-Recipient: rfc822; a${at}@example.org\r\nAction: failed\r\n`, size)}--b--\r\n`),
  "HTML, elements that never end": html("<div>"),
  "HTML, lists that never end": html("<ul><li>"),
  "HTML, formatting in the wrong order": html((at) => `<p><b id=${at}></p>`),
  "HTML, fonts and paragraphs": html("<font size=1><p>"),
  "HTML, links in links": html("<a href=https://example.org/>bank.example"),
  "HTML, links that lead elsewhere": html("<a href='https://example.org/'>bank.com</a>"),
  "HTML, entities": html("&amp&notit;&#x41"),
  "HTML, signs that stand for and": html("&"),
  "HTML, the same in an attribute": html("&", '<p title="', '">a'),
  "HTML, tables in tables": html("<table><tr><td>"),
  "HTML, text out of place in a table": html("a<br>", "<table>"),
  "HTML, attributes": html((at) => ` a${at}`, "<p", ">a"),
  "HTML, comments that never end": html("<!--a"),
  "HTML, quotes": html("<blockquote type=cite>a</blockquote>"),
  "HTML, pictures": html("<img src=https://example.org/a.png width=1>"),
  "CSS, brackets in brackets": html("calc((", "<p style='width:", "'>a"),
  "CSS, declarations": html("color:red;", "<p style='", "'>a"),
  "CSS, media in media": html("@media all{", "<style>", "</style>a"),
  "CSS, selectors of one rule": html("a,", "<style>", "b{color:red}</style>a"),
  "CSS, a selector of many parts": html(".a .b>", "<style>", "c{color:red}</style>a"),
  "CSS, rules": html((at) => `.a${at}{color:red}`, "<style>", "</style><b class=a1>a"),
  "CSS, sheets": html("<style>a{color:red}</style>"),
  "CSS, style attributes": html((at) => `<i style='margin:${at % 100}px;background:url(https://example.org/${at})'>a</i>`),
};

/** A message that nobody has made for this. */
export const ORDINARY = { limit: 4096, make: () => `${head()}\r\nHello\r\n` };
