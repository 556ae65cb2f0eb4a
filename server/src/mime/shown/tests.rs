use super::*;

fn leaf(section: &str, content_type: &str) -> Node {
    Node { section: section.into(), content_type: content_type.into(), size: 780, ..Node::default() }
}

fn image(section: &str, content_id: &str) -> Node {
    Node { content_id: Some(content_id.to_owned()), encoding: Encoding::Base64, ..leaf(section, "image/png") }
}

fn file(section: &str, content_type: &str, name: &str) -> Node {
    Node {
        file_name: Some(name.to_owned()),
        disposition: Some(Disposition::Attachment),
        encoding: Encoding::Base64,
        ..leaf(section, content_type)
    }
}

fn multipart(kind: &str, children: Vec<Node>) -> Node {
    Node { content_type: format!("multipart/{kind}").into(), children, ..Node::default() }
}

/// Body with what is to be read behind it (in brackets what the alternative says as well), alternative, related and
/// attachments as one line.
fn summary(root: &Node) -> String {
    let shown = choose(root);
    let section = |leaf: &Option<Leaf>| leaf.as_ref().map_or("-".to_owned(), |leaf| leaf.section.to_string());
    let further = shown.further.iter().map(|one| {
        if one.is_in_alternative { format!("+({})", one.leaf.section) } else { format!("+{}", one.leaf.section) }
    });
    let further: String = further.collect();
    let related: Vec<_> = shown.related.iter().map(|part| part.section.as_str()).collect();
    let attachments: Vec<_> = shown.attachments.iter().map(|part| part.name.as_str()).collect();
    format!(
        "{}{further} {} [{}] [{}]",
        section(&shown.body),
        section(&shown.text_alternative),
        related.join(" "),
        attachments.join(" ")
    )
}

#[test]
fn usual_messages_are_shown_as_their_senders_meant() {
    let both = |at: &str| vec![leaf(&format!("{at}1"), "text/plain"), leaf(&format!("{at}2"), "text/html")];
    for (root, expected) in [
        (leaf("1", "text/plain"), "1 - [] []"),
        (leaf("1", "text/html"), "1 - [] []"),
        (multipart("alternative", both("")), "2 1 [] []"),
        (
            multipart("mixed", vec![multipart("alternative", both("1.")), file("2", "application/pdf", "a.pdf")]),
            "1.2 1.1 [] [a.pdf]",
        ),
        (
            multipart(
                "alternative",
                vec![
                    leaf("1", "text/plain"),
                    multipart(
                        "related",
                        vec![leaf("2.1", "text/html"), image("2.2", "logo"), leaf("2.3", "image/gif")],
                    ),
                ],
            ),
            "2.1 1 [2.2] [part-2.3.gif]",
        ),
        // An image beside plain text is an attachment, Content-ID or not.
        (multipart("mixed", vec![leaf("1", "text/plain"), image("2", "x")]), "1 - [] [part-2.png]"),
        // Outlook puts inline images into mixed.
        (multipart("mixed", vec![leaf("1", "text/html"), image("2", "x")]), "1 - [2] []"),
        // A footer that a list appends.
        (multipart("mixed", vec![leaf("1", "text/plain"), leaf("2", "text/plain")]), "1+2 - [] []"),
        (multipart("mixed", vec![multipart("alternative", both("1.")), leaf("2", "text/plain")]), "1.2+2 1.1 [] []"),
        // Apple Mail: texts around a picture, or a file.
        (
            multipart("mixed", vec![leaf("1", "text/plain"), leaf("2", "image/png"), leaf("3", "text/plain")]),
            "1+3 - [] [part-2.png]",
        ),
        (
            multipart(
                "alternative",
                vec![
                    leaf("1", "text/plain"),
                    multipart(
                        "mixed",
                        vec![leaf("2.1", "text/html"), leaf("2.2", "application/pdf"), leaf("2.3", "text/html")],
                    ),
                ],
            ),
            "2.1+(2.3) 1 [] [part-2.2.pdf]",
        ),
        // Of a second pair one is shown, too.
        (
            multipart("mixed", vec![multipart("alternative", both("1.")), multipart("alternative", both("2."))]),
            "1.2+2.2 1.1 [] []",
        ),
        // What is very long is a file.
        (
            multipart(
                "mixed",
                vec![leaf("1", "text/plain"), Node { size: MAX_FURTHER_SIZE + 1, ..leaf("2", "text/plain") }],
            ),
            "1 - [] [part-2.txt]",
        ),
        // A text file is a file.
        (multipart("mixed", vec![leaf("1", "text/plain"), file("2", "text/plain", "a.txt")]), "1 - [] [a.txt]"),
        (file("1", "text/html", "page.html"), "- - [] [page.html]"),
        (leaf("1", "image/png"), "- - [] [part-1.png]"),
        (
            multipart("alternative", vec![leaf("1", "text/plain"), leaf("2", "text/html"), leaf("3", "text/calendar")]),
            "2 1 [] [invite.ics]",
        ),
        (
            multipart(
                "alternative",
                vec![leaf("1", "text/plain"), leaf("2", "text/x-amp-html"), leaf("3", "text/html")],
            ),
            "3 1 [] []",
        ),
        (
            multipart("signed", vec![leaf("1", "text/plain"), leaf("2", "application/pgp-signature")]),
            "1 - [] [signature.asc]",
        ),
        (
            multipart(
                "report",
                vec![leaf("1", "text/plain"), leaf("2", "message/delivery-status"), leaf("3", "message/rfc822")],
            ),
            "1 - [] [delivery-status.txt message.eml]",
        ),
        // Apple Mail: an alternative of plain text and a mixed with files in it.
        (
            multipart(
                "alternative",
                vec![
                    leaf("1", "text/plain"),
                    multipart("mixed", vec![leaf("2.1", "text/html"), file("2.2", "application/pdf", "b.pdf")]),
                ],
            ),
            "2.1 1 [] [b.pdf]",
        ),
        (multipart("mixed", vec![]), "- - [] []"),
    ] {
        assert_eq!(summary(&root), expected, "{root:?}");
    }
}

#[test]
fn the_only_text_is_shown_even_with_a_name() {
    let named = Node { file_name: Some("body.txt".to_owned()), ..leaf("1", "text/plain") };
    assert_eq!(summary(&named), "1 - [] []");
    assert_eq!(summary(&multipart("mixed", vec![named.clone(), file("2", "text/plain", "a.txt")])), "1 - [] [a.txt]");
    assert_eq!(summary(&multipart("mixed", vec![named, leaf("2", "text/plain")])), "2 - [] [body.txt]");
}

#[test]
fn an_empty_text_gives_way_to_the_next() {
    let empty = Node { size: 2, ..leaf("1", "text/plain") };
    assert_eq!(summary(&multipart("mixed", vec![empty, leaf("2", "text/html")])), "2 - [] []");
}

#[test]
fn what_the_body_does_not_refer_to_becomes_an_attachment() {
    let root = multipart("related", vec![leaf("1", "text/html"), image("2", "used"), image("3", "unused")]);
    let mut shown = choose(&root);
    shown.settle(&["used".to_owned()].into());
    assert_eq!(shown.related.iter().map(|part| part.section.as_str()).collect::<Vec<_>>(), ["2"]);
    assert_eq!(shown.attachments.iter().map(|part| part.name.as_str()).collect::<Vec<_>>(), ["part-3.png"]);
}

#[test]
fn of_two_pictures_with_one_name_neither_is_lost() {
    let root = multipart("related", vec![leaf("1", "text/html"), image("2", "logo"), image("3", "logo")]);
    assert_eq!(summary(&root), "1 - [2] [part-3.png]");
}

#[test]
fn deep_and_wide_messages_are_bounded() {
    let mut deep = leaf("1", "text/plain");
    for _ in 0..1000 {
        deep = multipart("alternative", vec![deep]);
    }
    assert_eq!(choose(&deep), Shown { left_out: true, ..Shown::default() }, "what is there is told");
    // Dropped level by level: the drop of a node is recursive.
    while let Some(child) = deep.children.pop() {
        deep = child;
    }
    let wide = multipart("mixed", (0..5000).map(|number| leaf(&number.to_string(), "image/png")).collect());
    assert_eq!(choose(&wide).attachments.len(), MAX_ATTACHMENTS);
    assert!(choose(&wide).left_out && !choose(&Node::default()).left_out);
}

#[test]
fn names_are_only_names() {
    for (given, name) in [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ana\\report.doc", "report.doc"),
        ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
        ("a\r\nb.txt", "ab.txt"),
        ("..", ""),
        ("trailing. ", "trailing"),
        ("", ""),
    ] {
        assert_eq!(clean_name(given), name, "{given:?}");
    }
    assert!(clean_name(&format!("{}.pdf", "я".repeat(400))).ends_with("яяя.pdf"));
}

#[test]
fn sizes_are_those_of_the_decoded_part() {
    assert_eq!(decoded_size(Encoding::Base64, 7800), 5700);
    assert_eq!(decoded_size(Encoding::Identity, 100), 100);
    assert!(decoded_size(Encoding::Base64, u32::MAX) < u32::MAX);
}
