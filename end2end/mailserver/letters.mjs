// What the two people of the demo write and receive. Everybody and everything here is invented.

/** The owners of the two mailboxes. */
export const ANNA = { name: "Анна Соколова", address: "anna@pismo.test" };
export const BORIS = { name: "Борис Левин", address: "boris@pismo.test" };

const at = (domain) => (name, local) => ({ name, address: `${local}@${domain}` });
const studio = at("mayak-studio.example");
const friends = at("example.net");
const crew = at("harbour.example");

/** People who write to both. */
export const PEOPLE = {
  marina: studio("Марина Ветрова", "marina.vetrova"),
  igor: studio("Игорь Пахомов", "i.pakhomov"),
  olga: studio("Ольга Дмитриевна Кравец", "kravets"),
  timur: studio("Тимур Алиев", "timur"),
  mother: friends("Людмила Соколова", "lyudmila.s"),
  kate: friends("Катя", "katya.berezina"),
  james: crew("James Whitfield", "james.whitfield"),
  priya: crew("Priya Raman", "priya"),
  lars: crew("Lars Ångström", "lars"),
  sofia: crew("Sofía Marchetti-Núñez", "sofia"),
  oleg: friends("Oleg Brandt", "oleg.brandt"),
  helen: friends("Helen O’Malley", "helen.om"),
  landlord: friends("Вадим Сергеевич (квартира)", "vs-rent"),
};

const P = PEOPLE;

/**
 * Conversations. `who` writes each message ("me" is the mailbox's owner, "other" the second owner); `hours` is how long
 * after the previous one it came; `ago` is how many hours ago the last one came.
 */
export const THREADS = [
  {
    subject: "Макеты для выставки «Свет и вода»", ago: 0.2, charset: "utf-8", folder: "INBOX", label: "$label1", starred: true,
    messages: [
      { who: P.marina, text: "Анна, привет!\n\nПосылаю первые макеты плакатов. Мне больше нравится второй, с маяком, но Игорь говорит, что он слишком тёмный для улицы.\n\nПосмотри, пожалуйста, до среды: типография ждёт файлы в четверг утром.\n\nМарина", attach: ["макет-1.png", "макет-2.png"] },
      { who: "me", hours: 3, text: "Марина, второй — однозначно. Давай только поднимем яркость неба процентов на десять и сдвинем дату ближе к краю.\n\nЕщё вопрос: логотип музея точно в последней редакции? В прошлый раз нам прислали старый." },
      { who: P.igor, hours: 5, text: "Добавлю от себя: я проверил на пробном оттиске, с поправкой Анны всё читается и с пяти метров.\n\nЛоготип старый, новый запросил. Обещали сегодня к вечеру.\n\nИгорь" },
      { who: P.marina, hours: 14, text: "Логотип пришёл, вставила. Итоговый файл во вложении, бюджет на печать тоже там.\n\nЕсли возражений нет, в 18:00 отправляю в типографию.", attach: ["Плакат итоговый.pdf", "бюджет.csv"] },
    ],
  },
  {
    subject: "Harbour festival: stage plan", ago: 1.1, folder: "INBOX",
    messages: [
      { who: P.james, text: "Hi both,\n\nThe harbour office finally confirmed the east quay for us, Friday to Sunday. That gives us 40 metres more than last year, but the power comes from the far end, so the cable run is long.\n\nCould you look at the plan below before our call on Tuesday?\n\n  1. Main stage at the crane\n  2. Children's corner near the library boat\n  3. Food along the wall, generators behind it\n\nThe map is at https://harbour.example/festival/plan?year=2026&sheet=east+quay\n\nBest,\nJames", attach: ["stage-plan.pdf"] },
      { who: P.priya, hours: 2, text: "Thanks James. Point 2 worries me: the library boat moves with the tide and the gangway gets steep around noon. Can the corner go next to the old customs house instead?\n\nPriya" },
      { who: "me", hours: 4, text: "I agree with Priya. The customs house also has a tap and a toilet, which parents will thank us for.\n\nI can bring the measurements on Tuesday." },
      { who: P.lars, hours: 20, text: "Customs house works for power too, there is a 32 A socket inside. I have the key.\n\n/Lars" },
      { who: P.james, hours: 6, text: "Settled then: customs house. I will redraw the plan tonight and send it to the fire inspector.\n\nOne open question: who picks up the life jackets?" },
    ],
  },
  {
    subject: "В субботу на дачу?", ago: 2.5, charset: "koi8-r", folder: "INBOX",
    messages: [
      { who: P.mother, text: "Аня, здравствуй.\n\nВ субботу обещают солнце. Приезжайте с Борей, поможете собрать яблоки, их в этом году столько, что ветки ломаются. Бабушка напечёт пирогов.\n\nЗахвати, пожалуйста, секатор и тёплые носки, на веранде уже прохладно.\n\nЦелую, мама" },
      { who: "me", hours: 1, text: "Мама, едем! Будем к одиннадцати, электричка в 9:24. Секатор возьму.\n\nА банки для варенья нужны? У меня полный шкаф." },
      { who: P.mother, hours: 2, text: "Банки нужны, вези все. И крышки, если есть, на 82.\n\nПапа просит батарейки для фонаря, большие." },
    ],
  },
  {
    subject: "Перенос сервера: план на ночь с пятницы на субботу", ago: 4, charset: "utf-8", folder: "INBOX", label: "$label2", unread: true,
    messages: [
      { who: P.timur, text: "Коллеги,\n\nперенос назначен на 23:00. Порядок такой:\n\n1. 22:45 — объявление на сайте, режим «только чтение».\n2. 23:00 — снимок базы, копирование на новый узел.\n3. 23:40 — проверка по списку (ниже), переключение адреса.\n4. 00:30 — наблюдаем, старый узел не выключаем до понедельника.\n\nЕсли на шаге 3 хоть одна проверка не прошла, возвращаемся на старый узел и разбираемся утром. Никакого героизма.\n\nТимур" },
      { who: P.olga, hours: 2, text: "Тимур, спасибо, план понятный. Прошу только предупредить бухгалтерию: у них ночью уходит отчёт.\n\n> 2. 23:00 — снимок базы, копирование на новый узел.\n\nЕсли отчёт уйдёт до 23:00, всё в порядке.\n\nС уважением,\nО. Д. Кравец" },
      { who: P.timur, hours: 1, text: "Бухгалтерию предупредил, отчёт перенесли на 21:00.\n\n>> 2. 23:00 — снимок базы, копирование на новый узел.\n> Если отчёт уйдёт до 23:00, всё в порядке.\n\nУйдёт. Я прослежу сам." },
    ],
  },
  {
    subject: "Your talk proposal for Quiet Systems Day", ago: 7, folder: "INBOX", label: "$label4", starred: true, unread: true,
    messages: [
      { who: P.sofia, text: "Dear speaker,\n\nthe programme committee liked your proposal \"Mail that waits for nobody\" and would like to have it in the morning block, 25 minutes plus questions.\n\nPlease tell me by the end of the month:\n\n- whether you need a hotel (two nights are on us),\n- any dietary wishes,\n- a short biography, 60 words at most.\n\nWarm regards from Trieste,\nSofía" },
    ],
  },
  {
    subject: "Счёт за ноябрь и показания счётчиков", ago: 9, charset: "windows-1251", folder: "INBOX",
    messages: [
      { who: P.landlord, text: "Добрый день!\n\nПришлите, пожалуйста, показания счётчиков до 25 числа: горячая, холодная, электричество день/ночь.\n\nСчёт за ноябрь прилагаю. Обратите внимание, отопление включили с десятого, поэтому сумма больше обычной.\n\nВадим Сергеевич", attach: ["Счёт ноябрь.pdf"] },
      { who: "me", hours: 26, text: "Вадим Сергеевич, добрый вечер!\n\nГорячая 214,3\nХолодная 388,1\nЭлектричество: день 10 442, ночь 5 019\n\nСчёт оплачу завтра." },
      { who: P.landlord, hours: 11, text: "Принято, спасибо. Мастер по окнам придёт в четверг с 10 до 13, будьте, пожалуйста, дома." },
    ],
  },
  {
    subject: "Book club: \"The Summer Book\"", ago: 15, folder: "INBOX",
    messages: [
      { who: P.helen, text: "Hello readers,\n\nwe are meeting on Thursday at seven, at my place this time. Please finish at least the chapter about the tent; I have questions about the grandmother.\n\nI will make soup. Somebody bring bread?\n\nHelen" },
      { who: P.oleg, hours: 3, text: "Bread is on me: rye and something with walnuts." },
      { who: "me", hours: 9, text: "I'll bring cheese and the map of the islands I promised last time." },
      { who: P.kate, hours: 5, text: "А я приду с опозданием минут на двадцать, поезд. Не начинайте без меня про палатку!\n\nKate (sorry for the Russian, typing with one hand)" },
    ],
  },
  {
    subject: "Invoice 2026-117, corrected", ago: 28, folder: "INBOX",
    messages: [
      { who: { name: "Nordlys Print AS, accounts", address: "accounts@nordlys-print.example" }, text: "Dear customer,\n\nplease find attached the corrected invoice 2026-117. The earlier one had the wrong delivery address; the amount is unchanged (EUR 1,284.50, due in 30 days).\n\nWe apologise for the trouble.\n\nNordlys Print AS\nOrg. no. 912 345 678", attach: ["invoice-2026-117.pdf", "terms.txt"] },
    ],
  },
  {
    subject: "Фотографии с похода", ago: 40, charset: "utf-8", folder: "INBOX", label: "$label3", starred: true,
    messages: [
      { who: P.kate, text: "Держи! Отобрала лучшие, остальные двести на диске, в архиве.\n\nНа третьей ты как раз падаешь в ручей, но вид за спиной прекрасный.", attach: ["перевал.png", "озеро утром.png", "ручей.png", "все-фото.zip"] },
      { who: "me", hours: 2, text: "Какая красота! Третью — в рамку. Спасибо!" },
      { who: P.kate, hours: 1, text: "В следующем году — на Байкал? Билеты лучше брать в феврале, пока дёшево." },
    ],
  },
  {
    subject: "Quarterly numbers: two questions", ago: 52, folder: "INBOX",
    messages: [
      { who: P.priya, text: "Morning,\n\ntwo things in the sheet that I cannot follow:\n\n1. Row 14, ticket income: is that before or after the harbour's share?\n2. Row 31: insurance appears twice, 1,120 and 1,210. Typo?\n\nThe rest looks fine, and better than I feared.\n\nPriya", attach: ["numbers-q3.csv"] },
      { who: "me", hours: 1, text: "1. After. I will label it.\n2. Typo, the right one is 1,210. Well spotted.\n\nNew sheet by tonight." },
      { who: P.priya, hours: 7, text: "Perfect, thank you. Signed off." },
    ],
  },
  {
    subject: "Договор № 48/26 на подпись", ago: 75, charset: "windows-1251", folder: "Работа", label: "$label2", unread: true,
    messages: [
      { who: P.olga, text: "Уважаемая Анна Викторовна!\n\nНаправляю договор № 48/26 в редакции от 12 ноября. Изменены пункты 3.2 (сроки) и 5.1 (порядок приёмки), остальное без изменений.\n\nПрошу подписать два экземпляра и передать с курьером не позднее пятницы.\n\nС уважением,\nО. Д. Кравец,\nюридический отдел", attach: ["Договор 48-26.pdf", "Протокол разногласий.txt"] },
      { who: "me", hours: 20, text: "Ольга Дмитриевна, пункт 5.1 читается двояко: «в течение пяти дней» — календарных или рабочих? Если рабочих, подписываю." },
      { who: P.olga, hours: 3, text: "Рабочих. Внесла уточнение, страница 4. Спасибо за внимательность." },
    ],
  },
  {
    subject: "Собеседование: кандидат на место иллюстратора", ago: 98, charset: "koi8-r", folder: "Работа",
    messages: [
      { who: P.igor, text: "Встречаемся в среду в 15:00, переговорная на втором этаже. Портфолио сильное, особенно акварели с портом.\n\nМне хотелось бы понять две вещи: как он работает в срок и умеет ли править чужое." },
      { who: "me", hours: 5, text: "Буду. Захвачу наш прошлогодний каталог, пусть скажет честно, что бы он в нём переделал." },
      { who: P.igor, hours: 50, text: "Взяли! Выходит с первого декабря. Каталог он раскритиковал так, что я записывал." },
    ],
  },
  {
    subject: "Смета на ремонт мастерской", ago: 60, charset: "utf-8", folder: "Проекты/2026",
    messages: [
      { who: P.timur, text: "Посчитал смету: проводка, свет, полы. Без полов укладываемся, с полами — на восемь процентов выше.\n\nМожет, полы весной?", attach: ["смета.csv"] },
      { who: "me", hours: 3, text: "Полы весной. Свет и проводку — сейчас, пока не начался сезон." },
      { who: P.marina, hours: 2, text: "Поддерживаю. И розеток побольше, мы вечно с удлинителями." },
    ],
  },
  {
    subject: "Каталог 2026: структура", ago: 130, charset: "utf-8", folder: "Проекты/2026",
    messages: [
      { who: P.marina, text: "Предлагаю так: вступление (4 полосы), порты (24), мастера (16), карта на развороте, выходные данные.\n\nИтого 48, кратно восьми, типография будет довольна." },
      { who: P.igor, hours: 8, text: "Карту — на отдельный лист, сложенный втрое. Дороже на копейки, а держать в руках приятно." },
      { who: "me", hours: 12, text: "Карту на отдельный лист: да. Вступление напишу сама, к десятому." },
      { who: P.marina, hours: 4, text: "Записала. Тогда первый сбор материалов — пятнадцатого." },
    ],
  },
  {
    subject: "Lighthouse app: offline map tiles", ago: 20, folder: "Проекты/2026", label: "clients", unread: true,
    messages: [
      { who: P.lars, text: "I measured the tiles for the whole coast: 212 MB at zoom 14, 61 MB if we stop at 13. Phones will thank us for 13.\n\nThere is a gap near the northern archipelago, the source has no data there.\n\n/Lars" },
      { who: "me", hours: 6, text: "13 it is. For the gap: could we draw the outline from the nautical chart and leave the inside empty?" },
      { who: P.lars, hours: 9, text: "Yes, and it looks rather beautiful. Screenshot attached.", attach: ["archipelago.png"] },
    ],
  },
  {
    subject: "Mum's birthday", ago: 210, folder: "Семья",
    messages: [
      { who: "other", text: "Что дарим маме? У меня две мысли: хороший чайник или поездка в Суздаль на выходные." },
      { who: "me", hours: 1, text: "Суздаль! Чайник она купит сама и выберет лучше нас." },
      { who: "other", hours: 2, text: "Тогда беру на себя билеты, ты — гостиницу. И торт, как в прошлом году." },
    ],
  },
  {
    subject: "Рецепт бабушкиного пирога", ago: 400, charset: "koi8-r", folder: "Семья", starred: true,
    messages: [
      { who: P.mother, text: "Пишу, как она диктовала:\n\nМука — три стакана\nМасло — пачка, холодное\nСметана — стакан\nЯблоки — сколько войдёт, антоновка\nСахар — полстакана, не больше!\n\nТесто порубить ножом, не месить. Час в холод. Печь при 180, пока не запахнет на лестнице." },
    ],
  },
];

/** One-line subjects and short bodies that fill a mailbox: `[sender, subject, body, charset]`. */
export const NOTES = [
  [{ name: "Почта России", address: "noreply@pochta.example" }, "Отправление RA644200{n}RU прибыло в место вручения", "Ваше отправление RA644200{n}RU ждёт вас в отделении 190000.\nСрок хранения — 30 дней.\nВозьмите с собой паспорт.", "utf-8"],
  [{ name: "Банк «Якорь»", address: "info@bank-yakor.example" }, "Выписка по счёту за неделю {n}", "Уважаемый клиент!\n\nВо вложении выписка за прошедшую неделю. Если какая-то операция вам незнакома, позвоните нам по номеру на обороте карты.\n\nМы никогда не просим назвать код из сообщения.", "windows-1251"],
  [{ name: "Поликлиника № 12", address: "zapis@clinic12.example" }, "Вы записаны на приём: талон {n}", "Врач: Смирнова Е. П., кабинет 214.\nПожалуйста, приходите за десять минут до начала.\nОтменить запись можно ответом на это письмо.", "koi8-r"],
  [{ name: "Городская библиотека", address: "books@citylib.example" }, "Срок возврата книг подходит (билет {n})", "Напоминаем: до конца недели нужно вернуть или продлить\n\n  — Т. Янссон, «Летняя книга»\n  — «Лоция Ладожского озера», 1959\n\nПродлить можно по телефону или ответом «продлить».", "koi8-r"],
  [{ name: "ТСЖ «Набережная, 7»", address: "pravlenie@nab7.example" }, "Отключение воды {n} числа", "Уважаемые жильцы!\n\nВ связи с заменой задвижки холодная вода будет отключена с 9:00 до 16:00. Просим сделать запас.\n\nПравление", "windows-1251"],
  [{ name: "build@harbour.example", address: "build@harbour.example" }, "[festival-site] build #{n} passed", "Commit 9f3c2{n}: Move the timetable above the map\nDuration: 3 min 12 s\n142 checks passed, 0 failed.\n\nhttps://build.harbour.example/festival-site/{n}", "us-ascii"],
  [{ name: "build@harbour.example", address: "build@harbour.example" }, "[festival-site] build #{n} FAILED", "Commit 41ab7{n}: Try the new ferry feed\n\nerror: timetable has no departures for pier 4\n  at feeds/ferry line 88\n\n141 checks passed, 1 failed.\nhttps://build.harbour.example/festival-site/{n}", "us-ascii"],
  [{ name: "Fjord Ferries", address: "tickets@fjord-ferries.example" }, "Your booking F-{n} is confirmed", "Thank you for travelling with us.\n\nDeparture 08:15, pier 4. Please be there 15 minutes before.\nBicycles travel free.\n\nSave paper: show this message on your phone.", "us-ascii"],
  [{ name: "Café Überfahrt", address: "hallo@ueberfahrt.example" }, "Reservierung Nr. {n} bestätigt", "Schöne Grüße aus der Überfahrt!\n\nIhr Tisch für vier Personen am Fenster ist reserviert. Bei schönem Wetter gern auch draußen.\n\nBis bald!", "iso-8859-1"],
  [P.timur, "Ночная копия № {n}: всё хорошо", "Копия снята за 11 минут, проверена восстановлением трёх случайных файлов.\n\nМесто на диске: 61 %.", "utf-8"],
  [P.igor, "Правки к полосе {n}", "Посмотрел. Три мелочи:\n\n1. Висячая строка внизу.\n2. Кавычки-лапки вместо ёлочек во втором абзаце.\n3. Подпись к снимку обещает катер, а на снимке баржа.\n\nОстальное — в печать.", "koi8-r"],
  [P.priya, "Minutes of meeting {n}", "Present: James, Lars, Priya, Sofía.\n\n- Volunteers: 34 signed up, we need 50.\n- Permits: noise permit until 23:00 granted.\n- Weather plan: tents stay if wind < 12 m/s.\n\nNext meeting as usual.", "utf-8"],
  [P.james, "Re: parking near pier {n}", "The harbour office says eight vans at most, and only before nine. I told them we will manage with seven.\n\nJames", "us-ascii"],
  [P.marina, "Оттиск № {n}: цвет", "Синий уходит в фиолетовый, попросила подкрутить. Завтра новый оттиск, приезжай смотреть при дневном свете.", "utf-8"],
  [P.oleg, "Chess: move {n}", "Knight to f6. Your turn, and no engines, please.\n\nO.", "us-ascii"],
  [P.helen, "Choir rehearsal {n}", "We start with the Rheinberger at half past six sharp; tenors, please look at bar 41 before you come.\n\nHelen", "us-ascii"],
];

/** Threads of mailing lists: `[folder, list, subject, [first, answers…]]`. */
export const LISTS = [
  ["Lists/rust", "rust-talk", "Cancel safety of a select loop over a framed reader", ["I have a loop that selects between a framed reader and a timer. When the timer wins, a half-read frame seems to be lost.\n\n    loop {\n        tokio::select! {\n            frame = reader.next() => handle(frame?),\n            _ = tick.tick() => poll(),\n        }\n    }\n\nIs `next` not cancel safe here, or is it my codec?", "`next` on a framed stream is cancel safe: the buffer lives in the stream, not in the future. Show us the codec, my guess is that you drain bytes before you know that the frame is whole.", "That was it. I called `advance` before checking the length. Thank you!"]],
  ["Lists/rust", "rust-talk", "Newtypes for identifiers: Display or not?", ["We wrap every id in a newtype. The team is split on whether they should implement Display, because that makes it easy to log the wrong thing. What do you do?", "Debug only, and a method `as_str` where a protocol needs it. Logs use Debug. Works since 2019.", "We implement Display on the ones a person may see, and on no others. The type then documents what is public.", "Second that. It also makes reviews easier: a `{}` on a secret does not compile."]],
  ["Lists/rust", "rust-talk", "Binary size: where do 300 kB come from?", ["A small wasm module of ours grew by 300 kB after adding one date format. Any tool to see who is guilty?", "Twiggy shows it. Nine times of ten it is float formatting or a locale table.", "Locale table it is. We let the browser format dates now."]],
  ["Lists/rust", "rust-talk", "Property tests for a line parser: which shrinks well?", ["My generator makes whole documents and shrinking takes minutes. How do you structure generators for line protocols?", "Generate a Vec of lines, not a string. Shrinking a vector drops lines first, and that is what you want to read."]],
  ["Lists/debian", "debian-user-ru", "Bookworm: не поднимается сеть после сна", ["После пробуждения ноутбука сеть появляется только после перезапуска службы. В журнале пусто. Куда смотреть?", "Посмотрите, не засыпает ли сама карта: powertop, вкладка Tunables. У меня было ровно это.", "Помогло, спасибо! Выключил экономию для карты, теперь просыпается за секунду."]],
  ["Lists/debian", "debian-user-ru", "Почтовый сервер дома: стоит ли?", ["Думаю поднять почту у себя. Отговорите меня или поддержите.", "Принимать — легко. Отправлять — возьмите посредника, иначе половина писем уйдёт в спам у получателей.", "Держу восемь лет. Главное — обратная зона, SPF, DKIM и терпение."]],
];

/** Junk that nobody misses. */
export const JUNK = [
  ["Lucky Winner Dept <prize{n}@prizes.example>", "CONGRATULATIONS!!! You have been selected ({n})", "Dear friend,\n\nyour address has won the second prize of our international draw. To release the amount kindly answer with your full name and telephone number.\n\nYours faithfully,\nThe Secretary"],
  ["Bестселлер <ads{n}@cheap.example>", "Скидка 90% только сегодня, код {n}", "Часы, сумки, очки. Как настоящие. Только сегодня и только для вас!"],
  ["Support Team <helpdesk{n}@accounts.example>", "Your mailbox is almost full", "Your mailbox has used 99% of its space. Press the link below within 24 hours, or your messages will be erased.\n\nhttp://mailbox-upgrade.example/?id={n}"],
];
