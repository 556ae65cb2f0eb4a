//! Tables of people (CSV, RFC 4180) as Google, Outlook, Yandex and Thunderbird write them, in English and Russian. Columns are
//! known by what they are called; what nobody knows is kept in the note.

use std::collections::BTreeMap;

use calcard::vcard::{
    VCardEntry, VCardParameter, VCardParameterName, VCardProperty as Property, VCardType, VCardValue, VCardValueType,
};

use super::{
    Card,
    card::{ENTRIES, day},
};

/// Google writes several values of one kind into one cell.
const BETWEEN: &str = ":::";

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Column {
    Full,
    Given,
    Middle,
    Family,
    Prefix,
    Suffix,
    Email,
    Phone,
    Fax,
    /// Of an address of a kind and number, which of its parts (RFC 6350 §6.3.1).
    Address(Place, u32, usize),
    Simple(Simple),
    /// Says how a value beside it is called, or what only the other program needs.
    Nothing,
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Home,
    Work,
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Simple {
    Nickname,
    Organisation,
    Title,
    Note,
    Birthday,
    Web,
    Categories,
}

/// Letters of what an unknown column is called, and columns, at most.
const HEAD: usize = 80;
const COLUMNS: usize = 300;

/// Reads a table; nobody, where it is none of people.
pub fn read(text: &str) -> impl Iterator<Item = Card> {
    let first = text.lines().next().unwrap_or_default();
    let count = |letter: char| first.matches(letter).count();
    let delimiter = ['\t', ';', ','].into_iter().max_by_key(|letter| count(*letter)).unwrap_or(',');
    let reader = csv::ReaderBuilder::new()
        .delimiter(u8::try_from(delimiter).unwrap_or(b','))
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut rows = reader.into_records().filter_map(Result::ok);
    let heads = rows.next().unwrap_or_default();
    let clipped = |head: &str| head.trim().chars().take(HEAD).collect::<String>();
    let columns: Vec<(Column, String)> =
        heads.iter().take(COLUMNS).map(clipped).map(|head| (column(&head), head)).collect();
    let names_somebody = |(column, _): &(Column, String)| {
        matches!(column, Column::Email | Column::Full | Column::Given | Column::Family | Column::Phone)
    };
    // Any text is a table of one column.
    let is_of_people = columns.iter().any(names_somebody);
    rows.take_while(move |_| is_of_people).filter_map(move |row| person(&columns, row.iter()))
}

/// What a column is called says what it holds: `E-mail 1 - Value`, `Адрес 2 эл. почты`, `Primary Email`.
fn column(head: &str) -> Column {
    let head = head.to_lowercase();
    let words: Vec<&str> =
        head.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
    let begins = |wanted: &[&str]| words.iter().any(|word| wanted.iter().any(|start| word.starts_with(start)));
    let number = words.iter().find_map(|word| word.parse().ok()).unwrap_or(0);
    let of_mail =
        begins(&["email", "mail", "эл", "имейл"]) || has(&["почты", "почта"]) || (has(&["e"]) && has(&["mail"]));
    let of_phone =
        has(&["phone", "telephone", "mobile", "pager"]) || begins(&["телефон", "мобильн", "сотов", "пейджер"]);
    let labels = has(&["type", "label", "тип", "метка"]);
    if labels && (of_mail || of_phone || begins(&["address", "website", "organization", "im", "fax"])) {
        return Column::Nothing;
    }
    if words.len() == 1
        && has(&[
            "priority",
            "private",
            "sensitivity",
            "initials",
            "gender",
            "приоритет",
            "частное",
            "инициалы",
            "важность",
        ])
    {
        return Column::Nothing;
    }
    if let Some(part) = part_of_address(&head, &words) {
        let place = match () {
            () if begins(&["home", "дом"]) => Place::Home,
            () if begins(&["business", "work", "раб"]) => Place::Work,
            () => Place::Other,
        };
        return Column::Address(place, number, part);
    }
    if of_mail {
        return if begins(&["display", "краткое", "name", "имя"]) { Column::Nothing } else { Column::Email };
    }
    if begins(&["fax", "факс"]) {
        return Column::Fax;
    }
    if of_phone {
        return Column::Phone;
    }
    match words.join(" ").as_str() {
        "name"
        | "full name"
        | "display name"
        | "file as"
        | "полное имя"
        | "отображаемое имя"
        | "фио"
        | "имя и фамилия" => Column::Full,
        "first name" | "given name" | "имя" => Column::Given,
        "middle name" | "additional name" | "отчество" => Column::Middle,
        "last name" | "family name" | "surname" | "фамилия" => Column::Family,
        "title" | "name prefix" | "prefix" | "обращение" => Column::Prefix,
        "suffix" | "name suffix" | "суффикс" => Column::Suffix,
        "nickname" | "screen name" | "псевдоним" | "никнейм" => Column::Simple(Simple::Nickname),
        "company"
        | "organization"
        | "organisation"
        | "organization name"
        | "organization 1 name"
        | "организация"
        | "компания"
        | "место работы" => Column::Simple(Simple::Organisation),
        "job title" | "organization title" | "organization 1 title" | "должность" => {
            Column::Simple(Simple::Title)
        }
        "notes" | "note" | "заметки" | "примечание" | "примечания" | "комментарий" => {
            Column::Simple(Simple::Note)
        }
        "birthday" | "день рождения" | "дата рождения" => Column::Simple(Simple::Birthday),
        "labels" | "group membership" | "categories" | "category" | "категории" | "группы" | "группа" => {
            Column::Simple(Simple::Categories)
        }
        joined if joined.starts_with("web") || joined.starts_with("веб") || joined.starts_with("сайт") => {
            Column::Simple(Simple::Web)
        }
        _ => Column::Unknown,
    }
}

fn part_of_address(head: &str, words: &[&str]) -> Option<usize> {
    let begins = |wanted: &[&str]| words.iter().any(|word| wanted.iter().any(|start| word.starts_with(start)));
    let is_mail = begins(&["email", "эл"]) || words.starts_with(&["e", "mail"]);
    let of_address = begins(&[
        "home",
        "business",
        "work",
        "other",
        "address",
        "mailing",
        "postal",
        "дом",
        "раб",
        "адрес",
        "друг",
        "почтов",
    ]);
    match () {
        () if !of_address || is_mail => None,
        () if head.contains("po box") || begins(&["абонентск", "ящик"]) => Some(0),
        () if begins(&["street", "formatted", "улица"]) || (head.ends_with("address") && !begins(&["mail"])) => {
            Some(2)
        }
        () if begins(&["city", "город"]) => Some(3),
        () if begins(&["state", "region", "province", "область"]) && !begins(&["страна", "country"]) => {
            Some(4)
        }
        () if begins(&["postal", "zip", "zipcode", "индекс"]) => Some(5),
        () if begins(&["country", "страна"]) => Some(6),
        () => None,
    }
}

fn person<'a>(columns: &[(Column, String)], cells: impl Iterator<Item = &'a str>) -> Option<Card> {
    let mut values: BTreeMap<Column, Vec<String>> = BTreeMap::new();
    let mut unknown = Vec::new();
    for ((column, head), cell) in columns.iter().zip(cells) {
        let cell = cell.trim();
        match column {
            _ if cell.is_empty() => {}
            Column::Nothing => {}
            Column::Unknown => unknown.push(format!("{head}: {cell}")),
            // It is something else than it is called.
            Column::Email if !cell.contains('@') => unknown.push(format!("{head}: {cell}")),
            column => {
                let each = cell.split(BETWEEN).map(str::trim).filter(|value| !value.is_empty()).take(ENTRIES);
                values.entry(*column).or_default().extend(each.map(str::to_owned));
            }
        }
    }
    let mut take = |column| values.remove(&column).unwrap_or_default();
    let name = [Column::Family, Column::Given, Column::Middle, Column::Prefix, Column::Suffix]
        .map(|part| take(part).join(" "));
    let mut entries = Vec::new();
    if name.iter().any(|part| !part.is_empty()) {
        let parts = name.iter().cloned().map(VCardValue::Text).collect();
        entries.push(VCardEntry::new(Property::N).with_values(parts));
    }
    let mut text = |property: Property, value: String| entries.push(VCardEntry::new(property).with_value(value));
    let [family, given, middle, prefix, suffix] = &name;
    let joined = [prefix, given, middle, family, suffix].map(String::as_str);
    let joined = joined.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let mut full = take(Column::Full).into_iter();
    let shown = full.next().unwrap_or(joined);
    if !shown.is_empty() {
        text(Property::Fn, shown.clone());
    }
    full.filter(|other| *other != shown).for_each(|other| text(Property::Nickname, other));
    for email in take(Column::Email).into_iter().filter(|email| email.contains('@')) {
        text(Property::Email, email);
    }
    take(Column::Phone).into_iter().for_each(|phone| text(Property::Tel, phone));
    for (simple, property) in [
        (Simple::Nickname, Property::Nickname),
        (Simple::Organisation, Property::Org),
        (Simple::Title, Property::Title),
        (Simple::Web, Property::Url),
    ] {
        take(Column::Simple(simple)).into_iter().for_each(|value| text(property.clone(), value));
    }
    // Outlook writes that there is no birthday as one that nobody has.
    let birthday = take(Column::Simple(Simple::Birthday)).into_iter().find(|value| !value.starts_with("0/0/"));
    let groups = take(Column::Simple(Simple::Categories));
    // Google's own groups begin with a star.
    let groups =
        groups.iter().flat_map(|group| group.split(';')).map(str::trim).filter(|group| !group.starts_with('*'));
    groups
        .filter(|group| !group.is_empty())
        .take(ENTRIES)
        .for_each(|group| text(Property::Categories, group.to_owned()));
    let note: Vec<String> = take(Column::Simple(Simple::Note)).into_iter().chain(unknown).collect();
    if !note.is_empty() {
        text(Property::Note, note.join("\n"));
    }
    if let Some(birthday) = birthday {
        let entry = VCardEntry::new(Property::Bday);
        let as_text = VCardParameter::new(VCardParameterName::Value, VCardValueType::Text);
        entries.push(match day(&birthday) {
            Some(day) => entry.with_value(day),
            None => entry.with_param(as_text).with_value(birthday),
        });
    }
    for fax in take(Column::Fax) {
        entries.push(VCardEntry::new(Property::Tel).with_param(kind(VCardType::Fax)).with_value(fax));
    }
    entries.extend(addresses(&values));
    Card::with(entries)
}

fn addresses(values: &BTreeMap<Column, Vec<String>>) -> Vec<VCardEntry> {
    let mut found: BTreeMap<(Place, u32), [String; 7]> = BTreeMap::new();
    for (column, all) in values {
        if let Column::Address(place, number, part) = column
            && let Some(kept) = found.entry((*place, *number)).or_default().get_mut(*part)
        {
            *kept = all.join(", ");
        }
    }
    let entry = |((place, _), parts): ((Place, u32), [String; 7])| {
        let entry = VCardEntry::new(Property::Adr).with_values(parts.into_iter().map(VCardValue::Text).collect());
        match place {
            Place::Home => entry.with_param(kind(VCardType::Home)),
            Place::Work => entry.with_param(kind(VCardType::Work)),
            Place::Other => entry,
        }
    };
    found.into_iter().map(entry).collect()
}

fn kind(of: VCardType) -> VCardParameter {
    VCardParameter::new(VCardParameterName::Type, of)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(text: &str) -> Vec<String> {
        let line = |card: &Card| format!("{}|{}|{}", card.name(), card.emails().join(" "), card.phones().join(" "));
        read(text).map(|card| line(&card)).collect()
    }

    #[test]
    fn tables_of_well_known_programs_are_read() {
        let google = "First Name,Middle Name,Last Name,Phonetic First Name,Nickname,Organization Name,Labels,E-mail 1 - Label,\
            E-mail 1 - Value,E-mail 2 - Value,Phone 1 - Label,Phone 1 - Value,Address 1 - Formatted,Notes\n\
            Anna,,Sokolova,x,Anya,Post,* myContacts ::: Friends,* Work,anna@pismo.test ::: a@pismo.test,second@pismo.test,Mobile,+7 900 1,\
            \"Street 1\nTown\",\"a \"\"quoted\"\" note\"\n,,,,,,,,,,,,,\n";
        assert_eq!(summary(google), ["Anna Sokolova|anna@pismo.test a@pismo.test second@pismo.test|+7 900 1"]);
        let card = read(google).next().unwrap().to_text();
        assert!(card.contains("CATEGORIES:Friends") && !card.contains("myContacts"), "{card}");
        assert!(card.contains("quoted") && card.contains("Street 1") && card.contains("ORG:Post"), "{card}");
        let old = "Name,Given Name,Family Name,E-mail 1 - Type,E-mail 1 - Value,Group Membership\nBo L,Bo,L,* ,bo@pismo.test,* My Contacts\n";
        assert_eq!(summary(old), ["Bo L|bo@pismo.test|"]);
        let outlook = "\"Title\",\"First Name\",\"Last Name\",\"Company\",\"Business Street\",\"Business City\",\"Business Fax\",\"Mobile Phone\",\
            \"Birthday\",\"E-mail Address\",\"E-mail Type\",\"E-mail Display Name\",\"E-mail 2 Address\",\"Priority\"\r\n\
            \"Dr.\",\"Vera\",\"K\",\"Post\",\"Street\",\"Town\",\"7\",\"8\",\"0/0/00\",\"vera@pismo.test\",\"SMTP\",\"Vera K (vera@pismo.test)\",\"v@pismo.test\",\"Normal\"\r\n";
        assert_eq!(summary(outlook), ["Dr. Vera K|vera@pismo.test v@pismo.test|8 7"]);
        let card = read(outlook).next().unwrap().to_text();
        assert!(card.contains("Street;Town") && !card.contains("BDAY") && !card.contains("Normal"), "{card}");
        let russian = "Имя;Отчество;Фамилия;Организация;Рабочий телефон;Адрес эл. почты;Тип эл. почты;Краткое имя эл. почты;Адрес 2 эл. почты;Улица (дом. адрес);Город (дом. адрес)\r\n\
            Анна;Петровна;Соколова;Почта;123;anna@pismo.test;SMTP;Анна;a@pismo.test;Лесная;Тверь\r\n";
        assert_eq!(summary(russian), ["Анна Петровна Соколова|anna@pismo.test a@pismo.test|123"]);
        assert!(read(russian).next().unwrap().to_text().contains("Лесная;Тверь"));
        let thunderbird = "First Name,Last Name,Display Name,Nickname,Primary Email,Secondary Email,Screen Name,Work Phone,Mobile Number,Notes\n\
            Gleb,R,Gleb R.,,gleb@pismo.test,g@pismo.test,,1,2,\n";
        assert_eq!(summary(thunderbird), ["Gleb R.|gleb@pismo.test g@pismo.test|1 2"]);
        let yandex = "Имя,Фамилия,E-mail,Телефон,Комментарий,Отдел\nДарья,Н,darya@pismo.test,5,привет,Письма\n";
        assert_eq!(summary(yandex), ["Дарья Н|darya@pismo.test|5"]);
        let odd = "Name,E-mail,Почтовый индекс,Mailing City,Private Phone,Birthday,Nickname,Event 1 - Label,Event 1 - Value,Address 1 - City,Address 2 - City\n\
            A,a@b.c,125009,Oslo,7,25.12.1980,007,Name day,1 May,Paris,Rome\n";
        let card = read(odd).next().unwrap().to_text();
        for kept in ["125009", "Oslo", "TEL:7", "25.12.1980", "007", "Event 1 - Label: Name day", ";Paris;", ";Rome;"] {
            assert!(card.contains(kept), "{kept}: {card}");
        }
        assert!(read(yandex).next().unwrap().to_text().contains("Отдел: Письма"), "what nobody knows is kept");
    }

    #[test]
    fn what_is_no_table_of_people_is_none() {
        for text in ["", "a,b\n1,2\n", "hello, world\nagain, you", "Name\n", "\"unclosed", "E-mail\nno address\n"] {
            assert_eq!(summary(text), Vec::<String>::new(), "{text}");
        }
        assert_eq!(summary("Email\nonly@pismo.test,surplus\n"), ["only@pismo.test|only@pismo.test|"]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in "(Name|E-mail|,|;|\"|\n|@|[a-zа-я]{0,5}|BEGIN:VCARD\n|TEL:|END:VCARD\n){0,40}") {
            read(&text).count();
            crate::contacts::card::texts(&text).filter_map(Card::read).count();
        }
    }
}
