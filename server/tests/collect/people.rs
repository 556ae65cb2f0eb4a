//! Address books in the store, on both databases.

use pismo::{
    contacts::read,
    store::{Store, Taken},
};
use secrecy::SecretString;

use crate::lab::endpoint;

const CARDS: &str = "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Анна\r\nEMAIL:anna@pismo.test\r\nEND:VCARD\r\n\
    BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Boris 100%\r\nTEL:1\r\nEND:VCARD\r\n";

const MORE: &str = "Name,E-mail\nAnna,ANNA@pismo.test\nVera,vera@pismo.test\nAnna,anna@work.test ::: anna@pismo.test\n";

#[tokio::test]
async fn an_address_is_anothers_only_at_the_same_mail_server() {
    let folder = std::env::temp_dir().join(format!("pismo-others-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let database = std::env::var("PISMO_TEST_DATABASE").ok().map(SecretString::from);
    let store = Store::open(&folder, database.as_ref()).await.expect("a store");
    let mark = format!("{}-{:?}", std::process::id(), std::time::SystemTime::now());
    let (ana, shop) = (format!("ana-{mark}@pismo.test"), format!("Shop-{mark}@pismo.test"));
    let account = store.account_for(&ana, &endpoint(1), None).await.expect("an account").id;
    store.account_for(&ana, &endpoint(2), None).await.expect("an account");
    store.account_for(&shop, &endpoint(2), None).await.expect("an account");
    let is_anothers = async |email: &str| store.is_of_another(account, email).await.expect("a store");
    assert!(!is_anothers(&ana).await && !is_anothers(&shop).await, "anybody can run a server of their own");
    store.account_for(&shop, &endpoint(1), None).await.expect("an account");
    assert!(is_anothers(&shop.to_lowercase()).await && !is_anothers(&ana).await);
    store.close().await;
    std::fs::remove_dir_all(folder).expect("the folder");
}

#[tokio::test]
async fn people_are_taken_in_and_back_all_or_none() {
    let folder = std::env::temp_dir().join(format!("pismo-people-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let database = std::env::var("PISMO_TEST_DATABASE").ok().map(SecretString::from);
    let store = Store::open(&folder, database.as_ref()).await.expect("a store");
    let name = format!("people-{}-{:?}@pismo.test", std::process::id(), std::time::SystemTime::now());
    let account = store.account_for(&name, &endpoint(1), None).await.expect("an account").id;
    let names = async |sought: &str| -> Vec<String> {
        let people = store.contacts(account, sought, 100).await.expect("people");
        people.into_iter().map(|person| person.name).collect()
    };

    let first = store.add_contact_import(account, "a.vcf", &read(CARDS.as_bytes()).unwrap()).await.expect("a file");
    let (title, cards, plan, _) = store.contact_plan(account, first).await.expect("a store").expect("a plan");
    assert_eq!((title.as_str(), cards.len(), plan.new.len()), ("a.vcf", 2, 2));
    assert_eq!(store.take_contact_import(account, first).await.expect("a store"), Some(Taken::All));
    assert_eq!(store.take_contact_import(account, first).await.expect("a store"), None);
    assert_eq!(names("").await, ["Boris 100%", "Анна"]);
    assert_eq!((names("АНН").await.len(), names("0%").await.len(), names("_").await.len()), (1, 1, 0));

    let second = store.add_contact_import(account, "b.csv", &read(MORE.as_bytes()).unwrap()).await.expect("a file");
    assert_eq!(store.take_contact_import(account, second).await.expect("a store"), Some(Taken::All));
    let anna = &store.contacts(account, "work", 10).await.expect("people")[0];
    assert_eq!((anna.name.as_str(), anna.emails.len()), ("Анна", 2));
    let imports = store.contact_imports(account).await.expect("a store");
    let seen: Vec<_> = imports.iter().map(|one| (one.fresh, one.joined, one.is_last)).collect();
    assert_eq!(seen, [(1, 1, true), (2, 0, false)]);

    // Whoever is removed meanwhile stays so.
    assert!(store.remove_contact(account, &anna.id).await.expect("a store"));
    assert!(!store.undo_contact_import(account, first).await.expect("a store"), "it is not the last one");
    assert!(store.undo_contact_import(account, second).await.expect("a store"));
    assert_eq!(names("").await, ["Boris 100%"]);
    assert!(store.undo_contact_import(account, first).await.expect("a store"));
    assert_eq!((names("").await.len(), store.count_contacts(account).await.expect("a store")), (0, 0));
    assert!(store.contact_imports(account).await.expect("a store").iter().all(|one| one.undone && !one.is_last));
    std::fs::remove_dir_all(&folder).expect("a folder");
}
