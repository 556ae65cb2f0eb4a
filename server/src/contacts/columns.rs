//! Tables of people (CSV, RFC 4180) as Google, Outlook, Yandex and Thunderbird write them, in English and Russian. Columns are
//! known by what they are called; what nobody knows is kept in the note.

use std::collections::BTreeMap;

use calcard::vcard::{
    VCardEntry, VCardParameter, VCardParameterName, VCardProperty as Property, VCardType, VCardValue,
};

use super::{Card, MOST};

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
    /// Of an address of a kind, which of its parts (RFC 6350 §6.3.1).
    Address(Place, usize),
    Simple(Simple),
    /// Says how something else is called, or nothing of a person.
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

/// Reads a table; nobody, where it is none of people.
pub fn read(text: &str) -> Vec<Card> {
    let first = text.lines().next().unwrap_or_default();
    let count = |letter: char| first.matches(letter).count();
    let delimiter = ['\t', ';', ','].into_iter().max_by_key(|letter| count(*letter)).unwrap_or(',');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(u8::try_from(delimiter).unwrap_or(b','))
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut rows = reader.records().filter_map(Result::ok);
    let Some(heads) = rows.next() else { return Vec::new() };
    let columns: Vec<(Column, &str)> = heads.iter().map(|head| (column(head), head.trim())).collect();
    let names_somebody = |(column, _): &(Column, &str)| {
        matches!(column, Column::Email | Column::Full | Column::Given | Column::Family | Column::Phone)
    };
    // Any text is a table of one column.
    if !columns.iter().any(names_somebody) {
        return Vec::new();
    }
    rows.take(MOST).filter_map(|row| person(&columns, row.iter())).collect()
}

/// What a column is called says what it holds: `E-mail 1 - Value`, `Адрес 2 эл. почты`, `Primary Email`.
fn column(head: &str) -> Column {
    let head = head.to_lowercase();
    let words: Vec<&str> =
        head.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
    let begins = |wanted: &[&str]| words.iter().any(|word| wanted.iter().any(|start| word.starts_with(start)));
    // How a value is called, and what only the other program needs.
    if has(&[
        "type",
        "label",
        "тип",
        "метка",
        "priority",
        "private",
        "sensitivity",
        "initials",
        "gender",
        "phonetic",
        "yomi",
    ]) || begins(&["приоритет", "частное", "инициал", "важност", "пометк"])
    {
        return if has(&["labels"]) { Column::Simple(Simple::Categories) } else { Column::Nothing };
    }
    if begins(&["email", "mail", "почт", "имейл"]) || (has(&["e"]) && has(&["mail"])) {
        return if begins(&["display", "краткое", "name", "имя"]) { Column::Nothing } else { Column::Email };
    }
    if begins(&["fax", "факс"]) {
        return Column::Fax;
    }
    if begins(&["phone", "telephone", "mobile", "pager", "телефон", "мобильн", "сотов", "пейджер"])
    {
        return Column::Phone;
    }
    if let Some(part) = part_of_address(&head, &words) {
        let place = match () {
            () if begins(&["home", "дом"]) => Place::Home,
            () if begins(&["business", "work", "раб"]) => Place::Work,
            () => Place::Other,
        };
        return Column::Address(place, part);
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
    let of_address = begins(&["home", "business", "work", "other", "address", "дом", "раб", "адрес", "друг"]);
    match () {
        () if !of_address => None,
        () if head.contains("po box") || begins(&["абонентск"]) => Some(0),
        () if begins(&["street", "formatted", "улица"]) || head.ends_with("address") => Some(2),
        () if begins(&["city", "город"]) => Some(3),
        () if begins(&["state", "region", "province", "область"]) && !begins(&["страна", "country"]) => {
            Some(4)
        }
        () if begins(&["postal", "zip", "zipcode", "индекс"]) => Some(5),
        () if begins(&["country", "страна"]) => Some(6),
        () => None,
    }
}

fn person<'a>(columns: &[(Column, &str)], cells: impl Iterator<Item = &'a str>) -> Option<Card> {
    let mut values: BTreeMap<Column, Vec<String>> = BTreeMap::new();
    let mut unknown = Vec::new();
    for ((column, head), cell) in columns.iter().zip(cells) {
        let cell = cell.trim();
        match column {
            _ if cell.is_empty() => {}
            Column::Nothing => {}
            Column::Unknown => unknown.push(format!("{head}: {cell}")),
            column => {
                let each = cell.split(BETWEEN).map(str::trim).filter(|value| !value.is_empty());
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
    let full = take(Column::Full).into_iter().next().unwrap_or(joined);
    if !full.is_empty() {
        text(Property::Fn, full);
    }
    for email in take(Column::Email).into_iter().filter(|email| email.contains('@')) {
        text(Property::Email, email);
    }
    take(Column::Phone).into_iter().for_each(|phone| text(Property::Tel, phone));
    for (simple, property) in [
        (Simple::Nickname, Property::Nickname),
        (Simple::Organisation, Property::Org),
        (Simple::Title, Property::Title),
        (Simple::Birthday, Property::Bday),
        (Simple::Web, Property::Url),
    ] {
        // Outlook writes that there is no birthday as one that nobody has.
        let real = |value: &String| !value.starts_with("0/0/") && !value.starts_with("00");
        take(Column::Simple(simple)).into_iter().filter(real).for_each(|value| text(property.clone(), value));
    }
    let groups = take(Column::Simple(Simple::Categories));
    // Google's own groups begin with a star.
    let groups =
        groups.iter().flat_map(|group| group.split(';')).map(str::trim).filter(|group| !group.starts_with('*'));
    groups.filter(|group| !group.is_empty()).for_each(|group| text(Property::Categories, group.to_owned()));
    let note: Vec<String> = take(Column::Simple(Simple::Note)).into_iter().chain(unknown).collect();
    if !note.is_empty() {
        text(Property::Note, note.join("\n"));
    }
    for fax in take(Column::Fax) {
        entries.push(VCardEntry::new(Property::Tel).with_param(kind(VCardType::Fax)).with_value(fax));
    }
    entries.extend(addresses(&values));
    let known_by = [Property::Fn, Property::Email, Property::Tel, Property::Org];
    entries.iter().any(|entry| known_by.contains(&entry.name)).then(|| Card::with(entries))
}

fn addresses(values: &BTreeMap<Column, Vec<String>>) -> Vec<VCardEntry> {
    let places = [(Place::Home, Some(VCardType::Home)), (Place::Work, Some(VCardType::Work)), (Place::Other, None)];
    let entry = |(place, called): (Place, Option<VCardType>)| {
        let parts: Vec<String> = (0..7)
            .map(|part| values.get(&Column::Address(place, part)).map(|all| all.join(", ")).unwrap_or_default())
            .collect();
        parts.iter().any(|part| !part.is_empty()).then(|| {
            let entry = VCardEntry::new(Property::Adr).with_values(parts.into_iter().map(VCardValue::Text).collect());
            match called {
                Some(called) => entry.with_param(kind(called)),
                None => entry,
            }
        })
    };
    places.into_iter().filter_map(entry).collect()
}

fn kind(of: VCardType) -> VCardParameter {
    VCardParameter::new(VCardParameterName::Type, of)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(text: &str) -> Vec<String> {
        let line = |card: &Card| format!("{}|{}|{}", card.name(), card.emails().join(" "), card.phones().join(" "));
        read(text).iter().map(line).collect()
    }

    #[test]
    fn tables_of_well_known_programs_are_read() {
        let google = "First Name,Middle Name,Last Name,Phonetic First Name,Nickname,Organization Name,Labels,E-mail 1 - Label,\
            E-mail 1 - Value,E-mail 2 - Value,Phone 1 - Label,Phone 1 - Value,Address 1 - Formatted,Notes\n\
            Anna,,Sokolova,x,Anya,Post,* myContacts ::: Friends,* Work,anna@pismo.test ::: a@pismo.test,second@pismo.test,Mobile,+7 900 1,\
            \"Street 1\nTown\",\"a \"\"quoted\"\" note\"\n,,,,,,,,,,,,,\n";
        assert_eq!(summary(google), ["Anna Sokolova|anna@pismo.test a@pismo.test second@pismo.test|+7 900 1"]);
        let card = read(google).remove(0).to_text();
        assert!(card.contains("CATEGORIES:Friends") && !card.contains("myContacts"), "{card}");
        assert!(card.contains("quoted") && card.contains("Street 1") && card.contains("ORG:Post"), "{card}");
        let old = "Name,Given Name,Family Name,E-mail 1 - Type,E-mail 1 - Value,Group Membership\nBo L,Bo,L,* ,bo@pismo.test,* My Contacts\n";
        assert_eq!(summary(old), ["Bo L|bo@pismo.test|"]);
        let outlook = "\"Title\",\"First Name\",\"Last Name\",\"Company\",\"Business Street\",\"Business City\",\"Business Fax\",\"Mobile Phone\",\
            \"Birthday\",\"E-mail Address\",\"E-mail Type\",\"E-mail Display Name\",\"E-mail 2 Address\",\"Priority\"\r\n\
            \"Dr.\",\"Vera\",\"K\",\"Post\",\"Street\",\"Town\",\"7\",\"8\",\"0/0/00\",\"vera@pismo.test\",\"SMTP\",\"Vera K (vera@pismo.test)\",\"v@pismo.test\",\"Normal\"\r\n";
        assert_eq!(summary(outlook), ["Dr. Vera K|vera@pismo.test v@pismo.test|8 7"]);
        let card = read(outlook).remove(0).to_text();
        assert!(card.contains("Street;Town") && !card.contains("BDAY") && !card.contains("Normal"), "{card}");
        let russian = "Имя;Отчество;Фамилия;Организация;Рабочий телефон;Адрес эл. почты;Тип эл. почты;Краткое имя эл. почты;Адрес 2 эл. почты;Улица (дом. адрес);Город (дом. адрес)\r\n\
            Анна;Петровна;Соколова;Почта;123;anna@pismo.test;SMTP;Анна;a@pismo.test;Лесная;Тверь\r\n";
        assert_eq!(summary(russian), ["Анна Петровна Соколова|anna@pismo.test a@pismo.test|123"]);
        assert!(read(russian)[0].to_text().contains("Лесная;Тверь"));
        let thunderbird = "First Name,Last Name,Display Name,Nickname,Primary Email,Secondary Email,Screen Name,Work Phone,Mobile Number,Notes\n\
            Gleb,R,Gleb R.,,gleb@pismo.test,g@pismo.test,,1,2,\n";
        assert_eq!(summary(thunderbird), ["Gleb R.|gleb@pismo.test g@pismo.test|1 2"]);
        let yandex = "Имя,Фамилия,E-mail,Телефон,Комментарий,Отдел\nДарья,Н,darya@pismo.test,5,привет,Письма\n";
        assert_eq!(summary(yandex), ["Дарья Н|darya@pismo.test|5"]);
        assert!(read(yandex)[0].to_text().contains("Отдел: Письма"), "what nobody knows is kept");
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
            read(&text);
            Card::read_all(&text);
        }
    }
}
