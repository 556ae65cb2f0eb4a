"""Messages that are about their attachments."""

from urllib.parse import quote

from letter import part, text, words


def russian_names(it):
    """The four ways in which programs name a file."""
    names = ["Договор аренды (5).pdf", "акт сверки.xlsx", "фото «маяк».png", "спецификация к договору на поставку оборудования от 2 марта 2026 года (редакция 3).txt"]
    kinds = ["application/pdf", "application/vnd.ms-excel", "image/png", "application/octet-stream"]
    contents = [it.file(name, kind, it.chance.randbytes(400 + 37 * at)) for at, (name, kind) in enumerate(zip(names, kinds))]
    coded = quote(names[3])
    pieces = "".join(f";\n filename*{at}*={chr(117) + 'tf-8' + chr(39) * 2 if at == 0 else ''}{coded[at * 60:at * 60 + 60]}" for at in range(-(-len(coded) // 60)))
    parts = [
        part(f'{kinds[0]}; name="{words(names[0], "koi8-r")}"', contents[0], fields="Content-Disposition: attachment"),
        part(kinds[1], contents[1], fields=f"Content-Disposition: attachment; filename*=windows-1251''{quote(names[1].encode('cp1251'))}"),
        # No program should, and many do: the letters as they are.
        part(kinds[2], contents[2], fields=f'Content-Disposition: attachment; filename="{names[2]}"'),
        part(kinds[3], contents[3], fields=f"Content-Disposition: attachment{pieces}"),
    ]
    said = text(it.said("Четыре файла, как договаривались."), charset="koi8-r", encoding="8bit")
    return it.message(it.multipart("mixed", said, *parts), "Документы", sender="Вадим", charset="koi8-r")


def empty_and_large(it):
    it.file("empty.log", "application/octet-stream", b"")
    large = it.file("tape.bin", "application/octet-stream", it.chance.randbytes(2 * 1024 * 1024))
    parts = [
        part('application/octet-stream; name="empty.log"', b"", fields='Content-Disposition: attachment; filename="empty.log"'),
        part('application/octet-stream; name="tape.bin"', large, fields='Content-Disposition: attachment; filename="tape.bin"'),
    ]
    return it.message(it.multipart("mixed", text(it.said("Both as asked for."), encoding="7bit"), *parts), "Nothing and much", sender="Robot")


def messages_within(it):
    plain = b"From: a@example.net\r\nTo: b@example.net\r\nSubject: Within\r\nDate: Sun, 1 Mar 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=inner\r\n\r\n--inner\r\nContent-Type: text/plain\r\n\r\nA letter in a letter.\r\n--inner\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--inner--\r\n"
    wide = "From: a@example.net\r\nSubject: =?utf-8?B?0J/QuNGB0YzQvNC+?=\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nПисьмо как есть.\r\n".encode()
    it.file("Within.eml", "message/rfc822", plain)
    # What is not ASCII may not stand in a message as it is (RFC 2046 section 5.2.1): it goes as a file.
    it.file("Письмо.eml", "application/octet-stream", wide)
    parts = [
        part('message/rfc822; name="Within.eml"', plain, "7bit", 'Content-Disposition: attachment; filename="Within.eml"'),
        part("message/rfc822", wide, "8bit", "Content-Disposition: attachment; filename*=utf-8''%D0%9F%D0%B8%D1%81%D1%8C%D0%BC%D0%BE.eml"),
    ]
    return it.message(it.multipart("mixed", text(it.said("Two letters within."), encoding="7bit"), *parts), "Letters within", sender="Archive")


def texts_as_files(it):
    # A text is bytes and the charset they are in.
    poem, table = "Белеет парус\r\n".encode("koi8-r"), "имя;сумма\r\nАнна;12\r\n".encode("cp1251")
    it.file("poem.txt", "text/plain", poem, charset="koi8-r")
    it.file("table.csv", "text/csv", table, charset="windows-1251")
    it.file("page.html", "text/html", b"<p>A page</p>\r\n", charset="us-ascii")
    parts = [
        part('text/plain; charset=koi8-r; name="poem.txt"', poem, fields='Content-Disposition: attachment; filename="poem.txt"'),
        part('text/csv; charset="windows-1251"; name="table.csv"', table, "quoted-printable", 'Content-Disposition: attachment; filename="table.csv"'),
        part('text/html; charset=us-ascii; name="page.html"', b"<p>A page</p>\r\n", "7bit", 'Content-Disposition: attachment; filename="page.html"'),
    ]
    html = f"<p>{it.seen('Three texts are attached.')}</p>"
    return it.message(it.multipart("mixed", it.multipart("alternative", text("Three texts are attached."), text(html, "html")), *parts), "Texts", sender="Tïmur")


MAKERS = [russian_names, empty_and_large, messages_within, texts_as_files]
