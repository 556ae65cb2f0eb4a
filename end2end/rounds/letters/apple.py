"""Apple Mail: pictures and papers between pieces of text, each piece a part of its own."""

from urllib.parse import quote

from letter import part, text

EDGE = "Apple-Mail=_{}"
FIELDS = "X-Mailer: Apple Mail (2.3774.400.31)"
BODY = 'style="overflow-wrap: break-word; -webkit-nbsp-mode: space; line-break: after-white-space;"'


def named(name):
    """RFC 2231, in pieces."""
    coded = quote(name, safe="")
    pieces = [coded[at : at + 39] for at in range(0, len(coded), 39)]
    return "".join(f"\n\tfilename*{number}*={'utf-8' + chr(39) * 2 if number == 0 else ''}{piece};" for number, piece in enumerate(pieces)).rstrip(";")


def related(it):
    picture, key = it.picture("Sea.png"), f"{it.token(8)}-5B3C-4F6E-9A1D-{it.token(12)}"
    html = f'<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body {BODY}><div>{it.seen("Hi Anna,")}</div><div><br></div><div>{it.seen("this is from the pier:")}</div><div><br></div><div><img apple-inline="yes" id="{it.token(8)}" width="24" height="16" apple-width="yes" apple-height="yes" src="cid:{key}"></div><div><br></div><div>{it.seen("See you on <i>Saturday</i>!")}</div><div>{it.seen("Kate")}</div></body></html>'
    inner = it.multipart("related", text(html, "html"), part('image/png;\r\n\tname="Sea.png"', picture, fields=f'Content-Disposition: inline;\n\tfilename="Sea.png"\nContent-Id: <{key}>'), boundary=EDGE, extra=' type="text/html";')
    return it.message(it.multipart("alternative", text("Hi Anna,\n\nthis is from the pier:\n\n\ufffc\n\nSee you on Saturday!\nKate"), inner, boundary=EDGE), "From the pier", sender="Kate", fields=FIELDS)


def paper_between(it):
    name = "Смета выставки, окончательная редакция.pdf"
    paper = it.file(name, "application/pdf", b"%PDF-1.5\n" + it.chance.randbytes(2500))
    first = f'<html><head></head><body {BODY}><div>{it.seen("Марина, смета ниже.")}</div><div><br></div></body></html>'
    last = f'<html><head></head><body {BODY}><div><br></div><div>{it.seen("Печать — во вторник.")}</div><div>{it.seen("Катя")}</div></body></html>'
    attached = part(f'application/pdf;\r\n\tx-unix-mode=0644;\r\n\tname="=?utf-8?B?0KHQvNC10YLQsC5wZGY=?="', paper, fields=f"Content-Disposition: inline;{named(name)}")
    mixed = it.multipart("mixed", text(first, "html"), attached, text(last, "html"), boundary=EDGE)
    return it.message(it.multipart("alternative", text("Марина, смета ниже.\n\n\n\nПечать — во вторник.\nКатя"), mixed, boundary=EDGE), "Смета выставки", sender="Катя Березина", fields=FIELDS)


def pictures_between_plain(it):
    first = it.picture("IMG_0412.jpeg", "image/jpeg", shown=False)
    second = it.picture("IMG_0413.jpeg", "image/jpeg", shown=False)

    def inline(content, name):
        return part(f"image/jpeg;\r\n\tname={name}", content, fields=f"Content-Disposition: inline;\n\tfilename={name}")

    mixed = it.multipart(
        "mixed",
        text(it.said("The boat before:\n"), charset="us-ascii", encoding="7bit", parameters=";\r\n\tformat=flowed"), inline(first, "IMG_0412.jpeg"),
        text(it.said("\nand after:\n"), charset="us-ascii", encoding="7bit"), inline(second, "IMG_0413.jpeg"),
        text(it.said("\nShe floats.\n\nSent from my iPhone"), charset="us-ascii", encoding="7bit"),
        boundary="Apple-Mail-{}",
    )
    return it.message(mixed, "Before and after", sender="Oleg Brandt", fields="X-Mailer: iPhone Mail (21E236)")


def phone(it):
    name = "Фото с берега 🌊.heic"
    picture = it.picture(name, "image/heic", shown=False)
    html = f'<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head><body dir="auto">{it.seen("Смотри, какая волна 🌊👩‍👩‍👧‍👦")}<div><br id="lineBreakAtBeginningOfSignature"><div dir="ltr">{it.seen("Отправлено с iPhone")}</div><div dir="ltr"><br><blockquote type="cite">{it.seen("2 марта 2026 г., в 08:15, Анна написал(а):")}<br><br></blockquote></div><blockquote type="cite"><div dir="ltr">\ufeff<div>{it.seen("Как море?")}</div></div></blockquote></div></body></html>'
    attached = part(f"image/heic;\r\n\tx-apple-part-url={it.token(8)}", picture, fields=f"Content-Disposition: attachment;{named(name)}")
    mixed = it.multipart("mixed", text(html, "html", encoding="base64"), attached, boundary="Apple-Mail-{}")
    return it.message(it.multipart("alternative", text("Смотри, какая волна 🌊", encoding="base64"), mixed, boundary="Apple-Mail-{}"), "Волна 🌊", sender="Катя", fields="X-Mailer: iPhone Mail (22D63)")


def without_a_name(it):
    picture = it.picture("quay.jpg", "image/jpeg", shown=False)
    html = f"<html><body><p>{it.seen('The quay is below.')}</p></body></html>"
    inline = part('image/jpeg; name="quay.jpg"', picture, fields="Content-Disposition: inline; filename=quay.jpg")
    return it.message(it.multipart("mixed", text(html, "html"), inline, boundary=EDGE), "The quay", sender="Helen O'Malley", fields=FIELDS)


def by_location(it):
    # RFC 2557: no Content-ID, but the address that the text knows it by. What is not shown goes along as a file.
    picture = it.picture("crane.png", shown=False)
    html = f'<html><head><base href="http://harbour.example/page/"></head><body><p>{it.seen("A page that was sent whole:")}</p><img src="http://harbour.example/page/crane.png" alt="{it.alt("crane")}"></body></html>'
    inline = part('image/png; name="crane.png"', picture, fields="Content-Location: http://harbour.example/page/crane.png")
    return it.message(it.multipart("related", text(html, "html"), inline, extra=' type="text/html";'), "A page", sender="Helen O'Malley", fields=FIELDS)


MAKERS = [related, paper_between, pictures_between_plain, phone, without_a_name, by_location]
