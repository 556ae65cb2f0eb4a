"""Outlook, Word and Exchange: their own elements, comments that are conditions, and pictures by Content-ID."""

from letter import part, text, words

WORD = """<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:w="urn:schemas-microsoft-com:office:word" xmlns="http://www.w3.org/TR/REC-html40"><head>
<meta http-equiv="Content-Type" content="text/html; charset=CHARSET"><meta name="Generator" content="Microsoft Word 15 (filtered medium)">
<!--[if !mso]><style>v\\:* {behavior:url(#default#VML);} o\\:* {behavior:url(#default#VML);}</style><![endif]-->
<style><!--
/* Font Definitions */
@font-face {font-family:"Cambria Math"; panose-1:2 4 5 3 5 4 6 3 2 4;}
p.MsoNormal, li.MsoNormal, div.MsoNormal {margin:0cm; margin-bottom:.0001pt; font-size:11.0pt; font-family:"Calibri",sans-serif;}
a:link, span.MsoHyperlink {mso-style-priority:99; color:#0563C1; text-decoration:underline;}
span.EmailStyle17 {mso-style-type:personal-compose; font-family:"Calibri",sans-serif; color:windowtext;}
@page WordSection1 {size:612.0pt 792.0pt; margin:2.0cm 42.5pt 2.0cm 3.0cm;} div.WordSection1 {page:WordSection1;}
--></style><!--[if gte mso 9]><xml><o:shapedefaults v:ext="edit" spidmax="1026" /></xml><![endif]--></head>
<body lang="EN-GB" link="#0563C1" vlink="#954F72" style='word-wrap:break-word'><div class="WordSection1">"""
BLANK = '<p class="MsoNormal"><o:p>&nbsp;</o:p></p>'
END = "</div></body></html>"
FIELDS = "Thread-Index: AdqKq0xR\nContent-Language: en-GB\nX-MS-Has-Attach: yes\nX-Mailer: Microsoft Outlook 16.0"
EDGE = "----=_NextPart_000_0012_01DA8A.{}"


def normal(content):
    return f'<p class="MsoNormal"><span style=\'mso-fareast-language:EN-US\'>{content}<o:p></o:p></span></p>'


def word(charset, *paragraphs):
    return WORD.replace("CHARSET", charset) + "".join(paragraphs) + END


def word_western(it):
    html = word(
        "windows-1252",
        normal(it.seen("Dear all,")), BLANK,
        normal(it.seen("Here’s the “final” draft – please don’t change it… Zoë’s café costs €5.")), BLANK,
        normal(it.seen('See <a href="https://intranet.example/drafts?id=7&amp;v=2">the <b>shared</b> folder</a> first.')),
        f'<p class="MsoNormal"><b><span style=\'font-size:9.0pt;font-family:"Arial",sans-serif;color:#7F7F7F\'>{it.seen("James Whitfield")}</span></b><span style=\'font-size:9.0pt\'><br>{it.seen("Harbour Office | T +44 20 7946 0000")}<o:p></o:p></span></p>',
    )
    alternative = it.multipart("alternative", text("Dear all,\n\nHere’s the “final” draft.", charset="windows-1252"), text(html, "html", charset="windows-1252"), boundary=EDGE)
    return it.message(alternative, "The “final” draft", sender="James Whitfield", fields=FIELDS, charset="windows-1252")


def table_with_pictures(it):
    first, second = it.picture("image001.png"), it.picture("image002.jpg", "image/jpeg")
    ids = [f"image001.png@01DA8A.{it.token(8)}", f"image002.jpg@01DA8A.{it.token(8)}"]
    cell = "border:solid windowtext 1.0pt;padding:0cm 5.4pt 0cm 5.4pt"
    rows = [("Quarter", "Berths", "Income"), ("Q1", "41", "£12,300"), ("Q2", "58", "£17,400"), ("Q3 (est.)", "60", "£18,000")]
    table = "".join(
        "<tr style='mso-yfti-irow:0;height:15.0pt'>" + "".join(f"<td width=123 valign=top style='width:92.1pt;{cell}'>{normal(it.seen(words))}</td>" for words in row) + "</tr>"
        for row in rows
    )
    html = word("us-ascii", f'<table class="MsoTableGrid" border="1" cellspacing="0" cellpadding="0" style=\'border-collapse:collapse;border:none\'>{table}</table>', BLANK)
    html = html.replace(END, normal(it.seen("The chart:"))
        + f'<p class="MsoNormal"><!--[if gte vml 1]><v:shape id="Picture_x0020_1" type="#_x0000_t75" alt="{it.hidden("vector words")}"><v:imagedata src="cid:{ids[0]}" o:title=""/></v:shape><![endif]--><![if !vml]><img width=24 height=16 style=\'width:.25in;height:.1666in\' src="cid:{ids[0]}" v:shapes="Picture_x0020_1"><![endif]><o:p></o:p></p>'
        + normal(it.seen("And the quay this morning:")) + f'<p class="MsoNormal"><img border="0" width="24" height="16" id="Picture_x0020_2" src="cid:{ids[1]}"><o:p></o:p></p>' + END)
    alternative = it.multipart("alternative", text("Quarter\tBerths\tIncome", charset="us-ascii", encoding="7bit"), text(html, "html", charset="us-ascii"), boundary="_000_DB9P{}_")
    pictures = [
        part(f'image/png; name="image001.png"', first, fields=f'Content-Description: image001.png\nContent-Disposition: inline; filename="image001.png"; size={len(first)};\n\tcreation-date="Mon, 02 Mar 2026 06:30:00 GMT"\nContent-ID: <{ids[0]}>'),
        part('image/jpeg; name="image002.jpg"', second, fields=f'Content-Disposition: inline; filename="image002.jpg"\nContent-ID: <{ids[1]}>'),
    ]
    related = it.multipart("related", alternative, *pictures, boundary="_005_DB9P{}_", extra=' type="multipart/alternative";')
    return it.message(related, "Berths by quarter", sender="Harbour Accounts", fields=FIELDS)


def list_paragraphs(it):
    def item(number, words):
        mark = it.seen(f"{number}.<span style='font:7.0pt \"Times New Roman\"'>&nbsp;&nbsp;&nbsp;&nbsp; </span>")
        return f"<p class=MsoListParagraph style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span style='mso-list:Ignore'>{mark}</span><![endif]>{it.seen(words)}<o:p></o:p></p>"

    html = word("utf-8", normal(it.seen("Порядок такой:")), item(1, "Снимок базы и копирование."), item(2, "Проверка по списку."), item(3, "Переключение адреса."), BLANK,
        f"<p class=MsoNormal><span lang=RU style='mso-fareast-language:RU;display:none;mso-hide:all'>{it.hidden('служебная пометка')}</span>{it.seen('<span lang=RU>С уважением, О. Д. Кравец</span>')}</p>")
    return it.message(it.multipart("alternative", text("Порядок такой:\n1. Снимок", encoding="base64"), text(html, "html", encoding="base64"), boundary=EDGE), "План переноса", sender="Ольга Кравец", fields=FIELDS)


def chain_of_answers(it):
    it.references = ["first.1@mayak.example", "second.2@mayak.example"]
    def head(sender, date):
        return f"<div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p class=MsoNormal>{it.seen(f'<b>От:</b> {sender}')}<br>{it.seen(f'<b>Отправлено:</b> {date}')}<br>{it.seen('<b>Кому:</b> Анна')}<br>{it.seen('<b>Тема:</b> Смета')}<o:p></o:p></p></div></div>"

    html = word("windows-1251", normal(it.seen("Согласовано.")), BLANK, head("Игорь Пахомов &lt;i.pakhomov@mayak.example&gt;", "2 марта 2026 г. 9:12"), BLANK, normal(it.seen("Поднял цену бумаги на 10&nbsp;%.")), BLANK, head("Марина", "1 марта 2026 г. 18:40"), BLANK, normal(it.seen("Смета во вложении, ждём до четверга.")))
    it.reply, it.forward = "Re: Смета", "Fwd: RE: Смета"
    alternative = it.multipart("alternative", text("Согласовано.", charset="windows-1251", encoding="8bit"), text(html, "html", charset="windows-1251", encoding="quoted-printable"), boundary=EDGE)
    return it.message(alternative, "RE: Смета", coded="RE: " + words("Смета", "windows-1251"), sender="Ольга Кравец", fields=FIELDS, charset="windows-1251")


def winmail(it):
    content = it.file("winmail.dat", "application/ms-tnef", bytes.fromhex("789f3e22") + it.chance.randbytes(4000))
    said = text(it.said("The form is filled in, please sign it.\n\nRegards\nPriya"), charset="us-ascii", encoding="7bit")
    tnef = part('application/ms-tnef; name="winmail.dat"', content, fields='Content-Disposition: attachment; filename="winmail.dat"')
    return it.message(it.multipart("mixed", said, tnef, boundary=EDGE), "The form", sender="Priya Raman", fields="X-MS-TNEF-Correlator: <7@x>")


def vector_button(it):
    html = f"""<html><body><div><!--[if mso]><v:roundrect xmlns:v="urn:schemas-microsoft-com:vml" href="https://book.example" style="height:40px;width:200px" arcsize="10%"><w:anchorlock/><center>{it.hidden("Book in Outlook")}</center></v:roundrect><![endif]-->
<![if !mso]><a href="https://book.example/now" style="background-color:#49a9ce;border-radius:4px;color:#ffffff;display:inline-block;font-size:13px;line-height:40px;width:200px;-webkit-text-size-adjust:none;mso-hide:all;">{it.seen("Book a berth")}</a><![endif]></div>
<!--[if !mso]><!-->
<p style='margin:0'>{it.seen("For every reader but one.")}</p>
<!--<![endif]-->
<p style="mso-margin-top-alt:auto;font-family:'Segoe UI',sans-serif">{it.seen("It is free until noon.")}</p></body></html>"""
    return it.message(text(html, "html", charset="utf-8", encoding="8bit"), "Your berth", sender="Lars Ångström")


def exchange_disclaimer(it):
    name = "Приложение № 1 (проект).docx"
    content = it.file(name, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK\3\4" + it.chance.randbytes(5000))
    html = f"""<html><head><meta name="Generator" content="Microsoft Exchange Server"><!-- converted from rtf --><style><!-- .EmailQuote {{ margin-left: 1pt; padding-left: 4pt; border-left: #800000 2px solid; }} --></style></head><body>
<font face="Times New Roman" size="3"><span style="font-size:12pt;"><div>{it.seen("Коллеги, проект договора в приложении.")}</div><div>&nbsp;</div></span></font>
<table border="0" cellspacing="0" style="width:100%"><tr><td style="background:#FFEB9C;padding:5pt"><b>{it.seen("ВНИМАНИЕ:")}</b> {it.seen("письмо пришло извне.")}</td></tr></table>
<hr><font size="1" color="gray">{it.seen("Это сообщение может содержать сведения, предназначенные только его получателю.")}</font></body></html>"""
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    named = words(name, "utf-8")
    attached = part(f'{kind};\n name="{named}"'.replace("\n", "\r\n"), content, fields=f'Content-Disposition: attachment;\n\tfilename="{named}"; size={len(content)}')
    alternative = it.multipart("alternative", text("Коллеги, проект договора в приложении."), text(html, "html"), boundary="_000_{}_")
    return it.message(it.multipart("mixed", alternative, attached, boundary="_002_{}_"), "Проект договора", sender="Тимур Алиев", fields=FIELDS)


def japanese(it):
    html = f"""<html><head><meta http-equiv="Content-Type" content="text/html; charset=iso-2022-jp"></head><body><div style="font-family:'ＭＳ Ｐゴシック'">{it.seen("山田様")}<br><br>{it.seen("いつもお世話になっております。")}<br>{it.seen("会議は三月五日の午後二時からです。")}<br></div></body></html>"""
    alternative = it.multipart("alternative", text("山田様", charset="iso-2022-jp", encoding="7bit"), text(html, "html", charset="iso-2022-jp", encoding="7bit"), boundary=EDGE)
    return it.message(alternative, "会議のご案内", sender="鈴木", charset="iso-2022-jp", fields=FIELDS)


MAKERS = [word_western, table_with_pictures, list_paragraphs, chain_of_answers, winmail, vector_button, exchange_disclaimer, japanese]
