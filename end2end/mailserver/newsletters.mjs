// HTML mail as shops, museums and programmes send it: tables, styles, remote images, a tracking pixel, pictures inside.

const REMOTE = "https://img.newsletter.example";

/** Newsletters: `(issue) => fields of a message`. */
export const NEWSLETTERS = [
  (issue) => ({
    from: { name: "Музей маяков", address: "news@museum-mayak.example" },
    subject: `Афиша музея, выпуск ${issue}: ночь открытых фонарей`,
    text: "Ночь открытых фонарей: в субботу мы пускаем наверх до полуночи.\n\nПолная афиша на сайте музея.",
    html: `<!doctype html><html><head><style>body{margin:0;background:#eef2f5} .card{background:#fff;border-radius:8px} h1{font:600 24px Georgia,serif;color:#14324a} @media (max-width:600px){.wide{display:none}}</style></head>
<body><table width="100%" cellpadding="0" cellspacing="0"><tr><td align="center" style="padding:24px">
<table class="card" width="600" cellpadding="24"><tr><td><img src="${REMOTE}/mayak/${issue}/header.jpg" width="552" height="180" alt="Маяк в сумерках"></td></tr>
<tr><td><h1>Ночь открытых фонарей</h1><p style="font:16px/1.5 Arial,sans-serif">В эту субботу мы пускаем наверх до полуночи. Смотритель покажет, как заводят часовой механизм, а внизу нальют чаю с чабрецом.</p>
<ul style="font:16px/1.6 Arial,sans-serif"><li>20:00 — подъём первой группы</li><li>21:30 — рассказ о сиренах</li><li>23:00 — фонарь зажигают вручную</li></ul>
<p><a href="https://museum-mayak.example/night?issue=${issue}" style="background:#d9482b;color:#fff;padding:12px 20px;text-decoration:none;border-radius:4px">Записаться</a></p></td></tr>
<tr><td class="wide" style="color:#667;font:12px Arial">Вы получили это письмо, потому что были у нас в гостях. <a href="https://museum-mayak.example/unsubscribe">Отписаться</a></td></tr></table>
<img src="${REMOTE}/pixel.gif?u=${issue}" width="1" height="1" alt=""></td></tr></table></body></html>`,
    headers: [["List-Unsubscribe", "<https://museum-mayak.example/unsubscribe>"], ["Precedence", "bulk"]],
    encoding: "quoted-printable",
  }),
  (issue) => ({
    from: { name: "The Slow Web Weekly", address: "hello@slowweb.example" },
    subject: `The Slow Web Weekly #${issue}: pages that fit on a floppy`,
    text: "This week: a shop in 14 kB, fonts you already have, and why nobody misses carousels.",
    html: `<html><body style="font-family:Georgia,serif;max-width:640px;margin:auto;color:#222">
<h2 style="border-bottom:3px solid #e2b714">The Slow Web Weekly</h2><p><i>Issue ${issue}</i></p>
<h3>A shop in 14 kilobytes</h3><p>Three potters from the coast sell their bowls on a page that arrives in one round trip. <a href="https://slowweb.example/${issue}/shop">They told us how.</a></p>
<img src="${REMOTE}/slow/${issue}.png" alt="A bowl, glazed blue" width="600">
<h3>Fonts you already have</h3><blockquote style="border-left:4px solid #ccc;padding-left:1em">The best font is the one that is there.</blockquote>
<table border="1" cellpadding="6" style="border-collapse:collapse"><tr><th>Page</th><th>Before</th><th>After</th></tr><tr><td>Home</td><td>2.1 MB</td><td>38 kB</td></tr><tr><td>Bowls</td><td>5.4 MB</td><td>112 kB</td></tr></table>
<script>document.body.style.background="red"</script><form action="https://slowweb.example/vote"><input name="email"><button onclick="alert(1)">Vote</button></form>
<p style="background:url(${REMOTE}/slow/paper.png)">Until next week!</p></body></html>`,
    headers: [["List-Id", "The Slow Web Weekly <weekly.slowweb.example>"], ["List-Unsubscribe", "<mailto:leave@slowweb.example>"]],
  }),
  (issue) => ({
    from: { name: "Книжная лавка «Переплёт»", address: "lavka@pereplet.example" },
    subject: `Новые поступления № ${issue}`,
    text: "На этой неделе: морские рассказы, атлас облаков и тетради в линейку.",
    html: `<html><head><meta http-equiv="Content-Type" content="text/html; charset=windows-1251"></head><body bgcolor="#fffaf0"><center><font face="Times New Roman" size="5" color="#5a2a0a">Книжная лавка «Переплёт»</font></center>
<p>Здравствуйте! На этой неделе на полках:</p><ol><li><b>Морские рассказы</b>, сборник, 320 с.</li><li><b>Атлас облаков</b> с цветными вклейками</li><li>Тетради в линейку, 96 листов, нитяное шитьё</li></ol>
<p>Придержать книгу можно <a href="mailto:lavka@pereplet.example?subject=Придержите">письмом</a>.</p><img src="http://pereplet.example/logo.gif"></body></html>`,
    charset: "windows-1251",
  }),
  (issue) => ({
    from: { name: "Fjord Ferries", address: "news@fjord-ferries.example" },
    subject: `Winter timetable and a picture of the week (${issue})`,
    text: "The winter timetable starts on Sunday. The picture of the week is inside.",
    html: `<html><body style="font:15px/1.5 sans-serif"><p>The winter timetable starts on Sunday: the first boat leaves at <b>06:40</b>, the last at <b>22:10</b>.</p>
<p><img src="cid:picture-${issue}@fjord-ferries.example" alt="Picture of the week" width="320" height="180"></p><p style="color:#888">Taken from pier 4 by one of our skippers.</p></body></html>`,
    picture: `picture-${issue}@fjord-ferries.example`,
  }),
];
