"""Newsletters, receipts and what else shops send: tables in tables, style sheets, and words that only lists of mail show."""

import base64

from letter import part, text

PADDING = "&#847;&zwnj;&nbsp;" * 40


def mailchimp(it):
    css = """<style type="text/css">
p{margin:10px 0;padding:0} table{border-collapse:collapse} .mcnTextContent{color:#222222;font-family:Helvetica;line-height:150%}
.mcnPreviewText{display:none !important} #templateFooter{background:#333333} #templateFooter .mcnTextContent,#templateFooter a{color:#ffffff}
@media only screen and (min-width:768px){ .templateContainer{width:600px !important} }
@media only screen and (max-width:480px){ .mcnColumn{display:none !important} h1{font-size:22px !important} }
</style>"""
    html = f"""<!doctype html><html xmlns:v="urn:schemas-microsoft-com:vml"><head>
<!--[if gte mso 15]><xml><o:OfficeDocumentSettings><o:PixelsPerInch>96</o:PixelsPerInch></o:OfficeDocumentSettings></xml><![endif]-->
<meta charset="UTF-8"><title>Harbour news</title>{css}</head><body style="height:100%;margin:0;background-color:#FAFAFA;">
<!--*|IF:MC_PREVIEW_TEXT|*--><span class="mcnPreviewText" style="display:none;font-size:0px;line-height:0px;max-height:0px;opacity:0;overflow:hidden;visibility:hidden;mso-hide:all;">{it.hidden("Only today: boats at half the price")}</span>
<center><table align="center" border="0" cellpadding="0" cellspacing="0" width="100%" id="bodyTable"><tr><td align="center" valign="top">
<!--[if (gte mso 9)|(IE)]><table width="600"><tr><td>{it.hidden("Outlook alone reads this")}<![endif]-->
<table class="templateContainer" width="100%"><tr><td class="mcnTextContent" valign="top"><h1>{it.seen("Harbour news, March")}</h1>
<p>{it.seen("Dear friends of the harbour, the <strong>east quay</strong> opens on Friday at 10&nbsp;a.m.")}</p></td></tr>
<tr><td><table align="left" width="300" class="mcnColumn"><tr><td class="mcnTextContent">{it.seen("Left column: the crane is repaired.")}</td></tr></table>
<!--[if mso]></td><td><![endif]--><table align="left" width="300"><tr><td class="mcnTextContent">{it.seen("Right column: the library boat sails again &mdash; see you aboard!")}</td></tr></table></td></tr>
<tr><td><a href="https://harbour.example/tickets?mc_cid=1&amp;mc_eid=2" class="mcnButton" target="_blank" style="font-weight:bold;color:#FFFFFF;background:#2BAADF;padding:15px;display:block">{it.seen("Buy tickets")}</a></td></tr></table>
<!--[if (gte mso 9)|(IE)]></td></tr></table><![endif]-->
<table id="templateFooter" width="100%"><tr><td class="mcnTextContent"><em>{it.seen("Copyright &copy; 2026 Harbour Society, all rights reserved.")}</em><br><br>
{it.seen('Want to change how you receive these emails?')}<br>{it.seen('You can <a href="https://harbour.example/profile">update your preferences</a> or <a href="https://harbour.example/unsubscribe">unsubscribe</a>')}</td></tr></table>
</td></tr></table></center><img src="https://harbour.example/track/open.php?u=1" height="1" width="1" alt=""></body></html>"""
    alternative = it.multipart("alternative", text("Harbour news, March\n** Read it in your browser **\n"), text(html, "html"), boundary="_----------=_MCPart_{}")
    return it.message(alternative, "Harbour news, March", sender="Harbour Society", fields="X-Mailer: MailChimp Mailer\nPrecedence: bulk\nList-Unsubscribe: <https://harbour.example/unsubscribe>")


def mjml(it):
    # The cell around each text has no size of its own letters: only what is within has.
    cell = 'align="left" style="font-size:0px;padding:10px 25px;word-break:break-word;"'
    css = """<style type="text/css">#outlook a{padding:0} body{margin:0;-webkit-text-size-adjust:100%} table,td{border-collapse:collapse} p{display:block;margin:13px 0}
@media only screen and (min-width:480px){.mj-column-per-50{width:50%!important;max-width:50%}} .moz-text-html .mj-column-per-50{width:50%!important}</style>"""
    html = f"""<!doctype html><html xmlns="http://www.w3.org/1999/xhtml" xmlns:v="urn:schemas-microsoft-com:vml"><head><title></title><!--[if !mso]><!--><meta http-equiv="X-UA-Compatible" content="IE=edge"><!--<![endif]-->
<meta name="viewport" content="width=device-width, initial-scale=1">{css}<!--[if lte mso 11]><style type="text/css">.mj-outlook-group-fix{{width:100% !important}}</style><![endif]--></head>
<body style="word-spacing:normal;background-color:#f4f4f4;"><div style="display:none;font-size:1px;color:#ffffff;line-height:1px;max-height:0px;max-width:0px;opacity:0;overflow:hidden;">{it.hidden("Your weekly digest is here")}{PADDING}</div>
<div style="background-color:#f4f4f4;"><!--[if mso | IE]><table align="center" style="width:600px;" width="600"><tr><td style="line-height:0px;font-size:0px;mso-line-height-rule:exactly;"><![endif]-->
<div style="margin:0px auto;max-width:600px;"><table align="center" border="0" role="presentation" style="width:100%;"><tbody><tr><td style="direction:ltr;font-size:0px;padding:20px 0;text-align:center;">
<div class="mj-column-per-50 mj-outlook-group-fix" style="font-size:0px;text-align:left;direction:ltr;display:inline-block;vertical-align:top;width:100%;"><table role="presentation" width="100%"><tbody>
<tr><td {cell}><div style="font-family:Ubuntu, Helvetica, Arial, sans-serif;font-size:20px;line-height:1;text-align:left;color:#000000;">{it.seen("Digest of the week")}</div></td></tr>
<tr><td {cell}><div style="font-family:Ubuntu, Helvetica;font-size:13px;line-height:1;color:#000000;"><p>{it.seen("Seven people starred your project, and two opened issues.")}</p></div></td></tr>
<tr><td align="center" vertical-align="middle" style="font-size:0px;padding:10px 25px;"><table role="presentation"><tbody><tr><td bgcolor="#414141" role="presentation"><a href="https://digest.example/open" style="display:inline-block;background:#414141;color:#ffffff;font-size:13px;text-decoration:none;">{it.seen("Open the digest")}</a></td></tr></tbody></table></td></tr>
</tbody></table></div></td></tr></tbody></table></div><!--[if mso | IE]></td></tr></table><![endif]--></div></body></html>"""
    return it.message(text(html, "html"), "Your weekly digest", sender="Digest")


def fluid_shop(it):
    # Columns stand side by side without a gap where the cell around them has letters of no size.
    html = f"""<html><head><meta http-equiv="Content-Type" content="text/html; charset=windows-1251"><style>.col{{font-size:15px;font-family:Arial}} .off{{display:none}}</style></head><body bgcolor="#eeeeee" text="#333333">
<table width="100%"><tr><td align="center" style="font-size:0;text-align:center"><div class="off">{it.hidden("Текст для списка писем: скидки до полуночи")}</div>
<div class="col" style="display:inline-block;max-width:280px;width:100%;vertical-align:top">{it.seen("Чайник «Маяк» — 1&nbsp;490 руб.")}</div><div class="col" style="display:inline-block;max-width:280px;width:100%;vertical-align:top">{it.seen("Кружка «Прилив» — 590 руб.")}</div></td></tr>
<tr><td align="center"><font face="Arial" size="2" color="#888888">{it.seen("Вы получили это письмо, потому что покупали у нас.")}<br><a href="https://shop.example/off">{it.seen("Отписаться")}</a></font></td></tr></table></body></html>"""
    return it.message(text(html, "html", charset="windows-1251", encoding="base64"), "Скидки недели", sender="Лавка у маяка", charset="windows-1251")


def foundation(it):
    css = """<style>@media only screen{ html{min-height:100%;background:#f3f3f3} .print-only{display:none} }
.hide-for-large{display:none!important;mso-hide:all;overflow:hidden;max-height:0;font-size:0;width:0;line-height:0}
@media only screen and (max-width:596px){ table.body .hide-for-large{display:table!important;width:auto!important;overflow:visible!important} table.body .show-for-large{display:none!important;width:0;mso-hide:all;overflow:hidden} }
table.body p{font-size:16px;color:#0a0a0a} .callout-inner.primary{background:#def0fc;border:1px solid #444}</style>"""
    html = f"""<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd"><html xmlns="http://www.w3.org/1999/xhtml"><head><meta name="viewport" content="width=device-width">{css}</head><body>
<table class="body" background="https://cdn.example/waves.png"><tr><td class="center" align="center" valign="top"><center>
<table class="container"><tbody><tr><td><p class="show-for-large">{it.seen("Shown on a desk: the plan of all nine halls.")}</p>
<table class="hide-for-large" style="display:none"><tr><td>{it.hidden("Shown on a phone: tap for the plan.")}</td></tr></table>
<p class="print-only">{it.hidden("Printed from a mail program")}</p>
<table class="callout"><tr><th class="callout-inner primary"><p>{it.seen("Doors open at 9:30; the keynote is in hall 4.")}</p></th><th class="expander"></th></tr></table>
<img src="https://cdn.example/map.png" alt="{it.alt("map")}" width="580"></td></tr></tbody></table></center></td></tr></table>
<div style="display:none;white-space:nowrap;font:15px courier;line-height:0">&nbsp; &nbsp; &nbsp;</div></body></html>"""
    return it.message(it.multipart("alternative", text("Doors open at 9:30."), text(html, "html")), "Quiet Systems Day: how to get in", sender="Quiet Systems Day")


def amp(it):
    page = f"""<!DOCTYPE html><html><head><script type="application/ld+json">{{"@context":"http://schema.org","@type":"EmailMessage","description":"{it.hidden("a machine reads this")}"}}</script></head>
<body><div hidden>{it.hidden("There is more in the app than here")}</div><h2>{it.seen("Priya answered in «Stage plan»")}</h2>
<blockquote>{it.seen("The gangway gets steep around noon &#128563;")}</blockquote><p aria-hidden="false">{it.seen("Reply to this email to comment.")}</p>
<template><p>{it.hidden("Rows to come")}</p></template><noscript>{it.hidden("Please switch scripts on")}</noscript></body></html>"""
    spoken = "<!doctype html><html ⚡4email><head><meta charset=\"utf-8\"><script async src=\"https://cdn.ampproject.org/v0.js\"></script></head><body>Live comments</body></html>"
    parts = [text("Priya answered"), text(spoken, "x-amp-html"), text(page, "html")]
    return it.message(it.multipart("alternative", *parts, boundary="000000000000{}"), "Stage plan: a new comment", sender="Notes")


def long_read(it):
    html = f"""<html><body><article><h1>{it.seen("Why mail waits")}</h1><p>{it.seen('A queue<sup><a href="https://read.example/p/1#fn1">1</a></sup> is a promise: <em>what was taken is kept</em>.')}</p>
<ol start="3"><li>{it.seen("Take the letter.")}</li><li>{it.seen("Keep it.")}<ul><li>{it.seen("on two disks")}</li></ul></li></ol>
<dl><dt>{it.seen("Bounce")}</dt><dd>{it.seen("a letter about a letter")}</dd></dl>
<pre>{it.seen("250 2.0.0 Ok: queued as 4F1B2")}
  {it.seen("then nothing")}</pre><figure><img src="https://read.example/queue.png" alt="{it.alt("A queue at noon")}"><figcaption>{it.seen("Everybody waits.")}</figcaption></figure>
<details><summary>{it.seen("Sources")}</summary><p>{it.seen("RFC 5321, section 4.5.4")}</p></details><hr><button>{it.seen("Like")}</button> <label>{it.seen("Subscribe")} <input type="email" value="you@example.org"></label>
<p>{it.seen("x<sub>i</sub> &lt; y<sub>j</sub> &amp;&amp; <code>if (a&lt;b) return;</code> <kbd>Ctrl</kbd>+<kbd>C</kbd> <s>old</s> <u>new</u>")}</p></article></body></html>"""
    return it.message(it.multipart("alternative", text("Why mail waits"), text(html, "html")), "Why mail waits", sender="Slow Letters")


def unlabelled(it):
    html = f"""<HTML><HEAD><META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=koi8-r"><TITLE>Рассылка</TITLE></HEAD>
<BODY BGCOLOR=WHITE><P><FONT COLOR=NAVY SIZE=+1>{it.seen("Расписание электричек с 1 марта")}</FONT></P><TABLE BORDER=1><TR><TD>{it.seen("9:24")}<TD>{it.seen("до Приморской")}<TR><TD>{it.seen("11:05")}<TD>{it.seen("до Лисьего Носа, кроме выходных")}</TABLE>
<P>{it.seen("Справки по телефону 555-01-02.")}</BODY></HTML>"""
    return it.message(text(html, "html", charset="koi8-r", encoding="8bit", label=""), "Расписание с 1 марта", sender="Вокзал", charset="koi8-r")


def receipt(it):
    data = base64.b64encode(it.picture("image.png")).decode()
    html = f"""<!DOCTYPE html><html><head><meta charset="utf-8"><style>@media (prefers-color-scheme: dark){{ body{{background:#000!important;color:#fff!important}} }} .amount{{font-weight:700}}
.preheader{{color:transparent;height:0;max-height:0;max-width:0;opacity:0;overflow:hidden;visibility:hidden;width:0}}</style></head><body><span class="preheader">{it.hidden("Order 4711 is on its way")}{PADDING}</span>
<table width="100%"><tr><td><img src="data:image/png;base64,{data}" alt="{it.alt("Chandlery")}" width="24" height="16"></td></tr>
<tr><td><h2>{it.seen("Thank you for your order no. 4711")}</h2><table width="100%"><thead><tr><th align="left">{it.seen("Item")}</th><th>{it.seen("Count")}</th><th>{it.seen("Price")}</th></tr></thead><tbody>"""
    for name, count, price in [("Rope, 12&nbsp;mm", "3", "€&#8239;18.00"), ("Life jacket “Tern”", "1", "€&#8239;64.90"), ("Delivery", "", "€&#8239;0.00")]:
        html += f'<tr><td style="padding:4px">{it.seen(name)}</td><td align="right">{it.seen(count)}</td><td align="right" nowrap>{it.seen(price)}</td></tr>'
    html += f"""</tbody><tfoot><tr><td colspan="2" class="amount">{it.seen("Total")}</td><td class="amount" align="right">{it.seen("€&#8239;82.90")}</td></tr></tfoot></table></td></tr></table></body></html>"""
    bill = it.file("receipt-4711.pdf", "application/pdf", b"%PDF-1.4\n" + it.chance.randbytes(3000))
    attached = part('application/pdf; name="receipt-4711.pdf"', bill, fields='Content-Disposition: attachment; filename="receipt-4711.pdf"')
    return it.message(it.multipart("mixed", text(html, "html"), attached), "Your order no. 4711", sender="Chandlery")


def one_long_line(it):
    said = [f"Flight {number}: gate {number % 40}, boarding at {number % 24:02}:{number % 60:02}." for number in range(100, 190)]
    rows = "".join(f'<tr><td style="font:normal 12px/18px Verdana,sans-serif;color:#444">{it.seen(line)}</td></tr>' for line in said)
    html = f'<html><head><style>td{{padding:1px}} tr:nth-child(2n) td{{background:#f6f6f6}} a[href^="tel"]{{color:inherit}}</style></head><body><table cellspacing=0>{rows}</table></body></html>'
    return it.message(text(html, "html", encoding="base64"), "Flights of the day", sender="Aerodrome")


MAKERS = [mailchimp, mjml, fluid_shop, foundation, amp, long_read, unlabelled, receipt, one_long_line]
