"""Plain text of all ages: flowed and not, in many charsets, quoted, signed."""

from letter import part, text, words

FLOWED = "; format=flowed"
THUNDERBIRD = "User-Agent: Mozilla Thunderbird"


def flowed(it):
    body = it.said("On 01/03/2026 10:00, Anna wrote:\n> The cable run is long, because the power comes from the far \n> end of the quay.\n>> Who measured it?\n> I did.\n\nThen we take the customs house: there is a socket \ninside, and the walk is not longer than from the crane \nto the wall.\n\n  Indented, with two spaces.\n") + "\n"
    body += "-- \n" + it.signed("Lars\nHarbour crew")
    return it.message(text(body.replace("\n  Ind", "\n   Ind"), charset="UTF-8", encoding="7bit", parameters=FLOWED), "Cable run", sender="Lars", fields=THUNDERBIRD)


def flowed_delsp(it):
    # With DelSp the space at the end of a line is only a mark: the words on both sides are one.
    it.visible += ["東京の天気は晴れです。明日は雨が降るかもしれませんので、傘をお持ちください。", "Verylongwordwithoutanend"]
    body = "東京の天気は晴れです。明日は雨が \n降るかもしれませんので、傘をお \n持ちください。\nVerylong \nwordwithoutanend\n"
    return it.message(text(body, charset="utf-8", encoding="quoted-printable", parameters="; delsp=yes; format=flowed"), "天気", sender="鈴木")


def mutt_koi8(it):
    body = it.said("* Тимур <timur@mayak.example> [2026-03-02 08:11]:\n\n> Отчёт уйдёт до 23:00?\n\nУйдёт, я прослежу сам. Скрипт такой:\n\n\t#!/bin/sh\n\tset -e\n\trsync -a /srv/ node2:/srv/   # ночью\n\nЁлки зелёные: ёЁ «кавычек» в koi8-r нет.\n".replace("«", '"').replace("»", '"')) + "\n"
    body += "-- \n" + it.signed("Olga\nhttp://kravets.example/~olga/")
    return it.message(text(body, charset="koi8-r", encoding="8bit", fields="Content-Disposition: inline"), "Перенос сервера", sender="Ольга", charset="koi8-r", fields="User-Agent: Mutt/1.5.21 (2010-09-15)")


def the_bat(it):
    body = it.said("Здравствуйте, Анна.\n\nВы писали 2 марта 2026 г., 9:00:\n\nАС> Захвати секатор и тёплые носки.\nЛС>> Банки нужны?\nАС> Все.\n\nБанки привезу — 12 штук.\n")
    body += "\n-- \n" + it.signed("С уважением,\n Людмила                          mailto:lyudmila.s@example.net")
    return it.message(text(body, charset="windows-1251", encoding="8bit"), "Банки", sender="Людмила", charset="windows-1251", fields="X-Mailer: The Bat! (v3.99) Professional\nX-Priority: 3 (Normal)")


def odd_lines(it):
    body = it.said("""From here on every line is odd.
.
..two dots
>From a mailbox file
> > spaced marks
>>tight marks
 one space first
From: not a field
https://harbour.example/a_very/long/path?with=arguments&and=more%20of%20them#and-a-place
<https://harbour.example/in/brackets>
=3D is not a letter, nor is =?utf-8?B?0JA=?=
tab\tbetween	words
 * bullet
---
____
""")
    return it.message(text(body, charset="us-ascii", encoding="7bit"), "Odd lines", sender="pine@host", fields="User-Agent: Alpine 2.26")


def long_lines(it):
    body = it.said(" ".join(f"word{number}" for number in range(900)) + "\n\n" + "я" * 1500 + "\n" + "x" * 1200)
    return it.message(text(body, encoding="quoted-printable"), "Long lines", sender="Somebody's script")


def signed_above_quote(it):
    # The signature stands above what is quoted, as many programs put it: what is below is no signature.
    body = it.said("Agreed, noon it is.\n\n-- \nPriya Raman\nHarbour crew\n\nOn 02/03/2026 08:00, Anna wrote:\n> Shall we say noon?\n>> Or one o'clock?\n> At the crane.")
    return it.message(text(body, charset="utf-8", encoding="7bit"), "Noon", sender="Priya Raman", fields=THUNDERBIRD)


def pgp_in_line(it):
    body = it.said(f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nThe key changes on Friday.\n- -- \nTimur\n-----BEGIN PGP SIGNATURE-----\n\n{it.token(64)}\n{it.token(64)}\n=x{it.token(3)}\n-----END PGP SIGNATURE-----")
    return it.message(text(body, charset="utf-8", encoding="7bit"), "The key", sender="Timur")


def pgp_mime(it):
    signature = it.file("signature.asc", "application/pgp-signature", f"-----BEGIN PGP SIGNATURE-----\r\n\r\n{it.token(64)}\r\n=abcd\r\n-----END PGP SIGNATURE-----\r\n".encode())
    said = text(it.said("Подписано по всем правилам.\n\nТимур"), encoding="quoted-printable", parameters="; protected-headers=v1")
    signed = part('application/pgp-signature; name="signature.asc"', signature, "7bit", "Content-Description: OpenPGP digital signature\nContent-Disposition: attachment; filename=\"signature.asc\"")
    return it.message(it.multipart("signed", said, signed, extra=' micalg=pgp-sha512; protocol="application/pgp-signature";'), "Подписано", sender="Тимур")


def right_to_left(it):
    body = it.said("שלום אנה,\n\nהפגישה ב־10:00 ליד המנוף (ראי את המפה).\n\nمرحبا آنا، الاجتماع في الساعة ١٠.\nMixed: שם הקובץ הוא plan.pdf, بالطبع!\n")
    return it.message(text(body, encoding="base64"), "פגישה", sender="נועה")


def emoji(it):
    body = it.said("Crew list 👩‍🚒👨🏽‍🌾:\n✅ Priya 🇮🇳\n❌ Lars 🇸🇪\n\n1️⃣ boat ⛵ 2️⃣ tea ☕️\nMath: 𝒳² ≤ ½·∑ — done… “ok”\ncafé = cafe\u0301")
    return it.message(text(body, encoding="8bit"), "⛵ crew", sender="Sofía 🌊", charset="utf-8")


def chinese(it):
    body = it.said("您好，\n\n会议改到星期五上午九点。附近有停车场。\n㐀㐁 𠀀 是少见的字。\n\n此致\n敬礼\n王小明")
    return it.message(text(body, charset="gb18030", encoding="base64"), "会议通知", sender="王小明", charset="gb18030")


def empty(it):
    return it.message(text("", charset="us-ascii", encoding="7bit"), "Nothing but a subject", sender="Oleg")


MAKERS = [flowed, flowed_delsp, mutt_koi8, the_bat, odd_lines, long_lines, signed_above_quote, pgp_in_line, pgp_mime, right_to_left, emoji, chinese, empty]
