"""What machines write: notices, invitations, lists."""

from letter import part, text


def github(it):
    html = f"""<p></p>
<b>{it.seen("lars-a")}</b> {it.seen("left a comment")} <a href="https://git.example/harbour/quay/issues/12#c3">{it.seen("(harbour/quay#12)")}</a>
<p dir="auto">{it.seen("The build fails with <code class=notranslate>E0308</code>:")}</p>
<div class="highlight" dir="auto"><pre class="notranslate"><span class="pl-k">{it.seen("let")}</span> {it.seen("berth: <span class=pl-smi>Option&lt;Berth&gt;</span> = find();")}
    {it.seen("println!(&quot;{}&quot;, berth);")}</pre></div>
<ul class="contains-task-list"><li class="task-list-item"><input type="checkbox" disabled="" class="task-list-item-checkbox"> {it.seen("reproduce")}</li></ul>
<p style="font-size:small;-webkit-text-size-adjust:none;color:#666;">{it.seen("&mdash;")}<br />{it.seen('Reply to this email directly, <a href="https://git.example/harbour/quay/issues/12#c3">view it on GitHub</a>, or <a href="https://git.example/unsub">unsubscribe</a>.')}<br />{it.seen("You are receiving this because you were mentioned.")}<img src="https://git.example/notifications/beacon/A.gif" height="1" width="1" alt="" /><span style="color: transparent; font-size: 0; display: none; visibility: hidden; overflow: hidden; opacity: 0; width: 0; height: 0; max-width: 0; max-height: 0; mso-hide: all">{it.hidden("Message ID: harbour/quay/issues/12/3@git.example")}</span></p>
<script type="application/ld+json">[{{"@context": "http://schema.org","name": "{it.hidden("View Issue")}"}}]</script>"""
    it.references = ["harbour/quay/issues/12@git.example"]
    it.reply, it.forward = "Re: [harbour/quay] The build fails (#12)", "Fwd: Re: [harbour/quay] The build fails (#12)"
    alternative = it.multipart("alternative", text("lars-a left a comment (harbour/quay#12)", encoding="7bit"), text(html, "html", encoding="7bit"), boundary="--==_mimepart_{}", extra="\r\n")
    return it.message(alternative, "Re: [harbour/quay] The build fails (#12)", sender="Lars", fields="List-ID: harbour/quay <quay.harbour.git.example>\nX-GitHub-Reason: mention\nPrecedence: list")


def invitation(it):
    calendar = f"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:{it.token(12)}\r\nDTSTART:20260306T090000Z\r\nSUMMARY:Совещание\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n".encode()
    it.file("invite.ics", "text/calendar", calendar, charset="utf-8")
    it.file("invite.ics", "application/ics", calendar)
    html = f"""<div style="display:none">{it.hidden("You have been invited to the following event")}</div><table role="presentation"><tr><td><h2 style="font-size:20px">{it.seen("Совещание")}</h2><span itemprop="startDate" content="20260306T090000Z"></span>{it.seen("Пятница, 6 марта 2026, 12:00 – 13:00 (MSK)")}</td></tr><tr><td>{it.seen("Придёте?")} <a href="https://cal.example/r?yes">{it.seen("Да")}</a> - <a href="https://cal.example/r?no">{it.seen("Нет")}</a></td></tr></table>"""
    at = it.visible.index("Да") + 1
    it.visible.insert(at, "-")
    parts = [text("Совещание: пятница, 12:00", encoding="base64"), text(html, "html"), part('text/calendar; charset="UTF-8"; method=REQUEST', calendar, "8bit")]
    attached = part('application/ics; name="invite.ics"', calendar, fields='Content-Disposition: attachment; filename="invite.ics"')
    return it.message(it.multipart("mixed", it.multipart("alternative", *parts), attached), "Приглашение: Совещание, пт 6 марта 2026", sender="Тимур Алиев")


def list_with_footer(it):
    # Mailman puts what it adds into a part of its own where it cannot be sure of the text.
    said = text(it.said("Has anybody tried the new build on the old crane?\n\nRegards,\nHelen"), charset="utf-8", encoding="quoted-printable")
    added = text(it.said("_______________________________________________\nQuay mailing list -- quay@lists.example\nTo unsubscribe send an email to quay-leave@lists.example"), charset="us-ascii", encoding="7bit", fields="Content-Disposition: inline")
    return it.message(it.multipart("mixed", said, added, boundary="==============={}=="), "[Quay] The new build", sender="Helen via Quay", fields="List-Id: The quay <quay.lists.example>\nList-Post: <mailto:quay@lists.example>\nPrecedence: list")


MAKERS = [github, invitation, list_with_footer]
