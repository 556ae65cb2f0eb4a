"""Webmails, each with its own way to quote and to name pictures."""

from letter import part, text, words

GMAIL = "00000000000{}"


def gmail_levels(it):
    it.references = [f"CA+{number}@mail.gmail.example" for number in (1, 2, 3)]

    def quote(who, what, inner=""):
        return f'<br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">{it.seen(f"{who} wrote:")}<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex"><div dir="ltr">{it.seen(what)}</div>{inner() if inner else ""}</blockquote></div>'

    third = lambda: quote("On Sun, 1 Mar 2026 at 10:00, Anna &lt;<a href=\"mailto:anna@example.net\">anna@example.net</a>&gt;", "Who brings the boat?")
    second = lambda: quote("On Sun, 1 Mar 2026 at 11:40, Lars Ångström &lt;<a href=\"mailto:lars@harbour.example\">lars@harbour.example</a>&gt;", "I do. It's grey.", third)
    html = f'<div dir="ltr">{it.seen("Grey is fine.")}<div><br></div><div>{it.seen("-- ")}<br></div><div dir="ltr" class="gmail_signature" data-smartmail="gmail_signature"><div dir="ltr">{it.seen("James")}</div></div></div>'
    html += quote("On Mon, 2 Mar 2026 at 08:00, Anna &lt;<a href=\"mailto:anna@example.net\">anna@example.net</a>&gt;", "Which colour?", second)
    it.reply, it.forward = "Re: The boat", "Fwd: Re: The boat"
    plain = "Grey is fine.\n\n-- \nJames\n\nOn Mon, 2 Mar 2026 at 08:00, Anna <anna@example.net> wrote:\n\n> Which colour?\n>"
    return it.message(it.multipart("alternative", text(plain, charset="UTF-8", encoding="7bit"), text(html, "html", charset="UTF-8"), boundary=GMAIL), "Re: The boat", sender="James Whitfield")


def gmail_pictures(it):
    picture, key = it.picture("изображение.png"), f"ii_{it.token(8, 'abcdefghijk0123456789')}0"
    paper = it.file("notes.txt", "text/plain", "Заметки\r\n".encode(), charset="utf-8")
    html = f'<div dir="ltr"><div>{it.seen("Смотри:")}</div><div><img src="cid:{key}" alt="{it.alt("изображение.png")}" width="24" height="16" style="margin-right: 0px;"></div><div>{it.seen("Заметки приложила.")}</div></div>'
    alternative = it.multipart("alternative", text("Смотри:\n[image: изображение.png]", charset="UTF-8", encoding="base64"), text(html, "html", charset="UTF-8", encoding="base64"), boundary=GMAIL)
    inline = part(f'image/png; name="{words("изображение.png", "UTF-8")}"', picture, fields=f'Content-Disposition: inline; filename="{words("изображение.png", "UTF-8")}"\nX-Attachment-Id: {key}\nContent-ID: <{key}>')
    attached = part('text/plain; charset="UTF-8"; name="notes.txt"', paper, fields='Content-Disposition: attachment; filename="notes.txt"\nX-Attachment-Id: f_1')
    return it.message(it.multipart("mixed", it.multipart("related", alternative, inline, boundary=GMAIL), attached, boundary=GMAIL), "Смотри", sender="Марина Ветрова", charset="UTF-8")


def proton(it):
    html = f"""<div style="font-family: Arial, sans-serif; font-size: 14px;">{it.seen("I have moved the meeting.")}</div><div style="font-family: Arial, sans-serif; font-size: 14px;"><br></div>
<div class="protonmail_signature_block protonmail_signature_block-empty" style="font-family: Arial, sans-serif; font-size: 14px;"><div class="protonmail_signature_block-user protonmail_signature_block-empty"></div></div>
<div class="protonmail_quote">{it.seen("On Monday, 2 March 2026 at 9:01, Anna wrote:")}<br><blockquote class="protonmail_quote" type="cite"><p style="white-space:pre-wrap">{it.seen("When do we meet?")}
{it.seen("  And where?")}</p></blockquote><br></div>"""
    return it.message(it.multipart("alternative", text("I have moved the meeting."), text(html, "html"), boundary="b1_{}"), "The meeting", sender="Sofía Marchetti-Núñez", charset="utf-8")


def mail_ru(it):
    html = f"""
<HTML><BODY><p>{it.seen("Добрый день!")}</p><p>{it.seen("Показания: <b>1423</b> и <b>877</b>.")}</p><br><br><blockquote style="border-left:1px solid #0857A6; margin:10px; padding:0 0 0 10px;">{it.seen("Понедельник, 2 марта 2026, 9:00 +03:00 от Вадим Сергеевич:")}<br>&nbsp;<div class="js-helper js-readmsg-msg"><style type="text/css"></style><div><div id="style_1"><div class="cl-1">{it.seen("Пришлите показания до 25 числа.")}</div></div></div></div></blockquote><br><br>{it.seen("--<br>")}<div>{it.seen("Анна")}</div></BODY></HTML>
"""
    it.reply, it.forward = "Re: Показания счётчиков", "Fwd: Re[2]: Показания счётчиков"
    alternative = it.multipart("alternative", text("Добрый день!", encoding="base64"), text(html, "html", encoding="base64"), boundary="--ALT--{}")
    return it.message(alternative, "Re[2]: Показания счётчиков", sender="Анна", fields="X-Priority: 3 (Normal)\nX-Mailer: Mail.Ru Mailer 1.0")


def roundcube(it):
    html = f"""<html><head><meta http-equiv="Content-Type" content="text/html; charset=UTF-8" /></head><body style='font-size: 10pt; font-family: Verdana,Geneva,sans-serif'>
<div class="pre" style="margin: 0; padding: 0; font-family: monospace">{it.seen("Log of the night:")}<br /><br />{it.seen("03:14  link down")}<br />{it.seen("03:15  link up")}</div>
<p id="reply-intro">{it.seen("On 2026-03-02 08:00, Timur wrote:")}</p><blockquote type="cite" style="padding: 0 0.4em; border-left: #1010ff 2px solid; margin: 0"><!-- html ignored --><!-- head ignored --><!-- meta ignored -->
<div dir="ltr">{it.seen("What happened at night?")}</div></blockquote><div id="_rc_sig"></div></body></html>"""
    return it.message(it.multipart("alternative", text("Log of the night:", encoding="7bit", charset="US-ASCII", parameters="; format=flowed"), text(html, "html", charset="UTF-8"), boundary="=_{}"), "Log of the night", sender="Timur", fields="User-Agent: Roundcube Webmail/1.6.6")


def one_id_twice(it):
    # What a broken program does with two pictures of one name. The text can only mean one of them; neither may be lost.
    first = it.picture("logo.png")
    second = it.picture("logo.png", shown=False)
    html = f'<p>{it.seen("Our new look, twice:")}</p><img src="cid:logo@shop"><p>{it.seen("and")}</p><img src="cid:logo%40shop">'
    inline = [part('image/png; name="logo.png"', content, fields="Content-ID: <logo@shop>\nContent-Disposition: inline; filename=logo.png") for content in (first, second)]
    return it.message(it.multipart("related", text(html, "html"), *inline), "Our new look", sender="Shop")


def deep(it):
    picture, paper = it.picture("deep.gif", "image/gif"), it.file("deep.bin", "application/octet-stream", it.chance.randbytes(600))
    html = f'<html><body><p>{it.seen("Under five lids.")}</p><p><img src="cid:deep.gif.1" alt="{it.alt("deep")}"></p></body></html>'
    inner = it.multipart("related", text(html, "html"), part("image/gif", picture, fields="Content-ID: <deep.gif.1>\nContent-Disposition: inline; filename=\"deep.gif\""))
    inner = it.multipart("alternative", text("Under five lids."), inner)
    inner = it.multipart("mixed", inner, part("application/octet-stream", paper, fields="Content-Disposition: attachment;\n filename=deep.bin"))
    return it.message(it.multipart("mixed", it.multipart("mixed", inner)), "Under five lids", sender="Gateway")


MAKERS = [gmail_levels, gmail_pictures, proton, mail_ru, roundcube, one_id_twice, deep]
