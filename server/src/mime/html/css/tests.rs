use super::*;

fn attribute(css: &str) -> String {
    declarations(css, NO_PICTURES).css
}

#[test]
fn ordinary_declarations_stay() {
    for (css, clean) in [
        ("color: red", "color:red;"),
        ("COLOR:#FF0000;font-family:'Times New Roman',serif", "color:#FF0000;font-family:\"Times New Roman\",serif;"),
        ("margin:0 auto!important", "margin:0 auto !important;"),
        ("padding: 1.5em 10px -2% +3px", "padding:1.5em 10px -2% +3px;"),
        ("background: rgba(0, 0, 0, .5)", "background:rgba(0, 0, 0, 0.5);"),
        ("width:calc(100% - 20px)", "width:calc(100% - 20px);"),
        ("font:12px/1.5 Arial", "font:12px/1.5 Arial;"),
        (
            "background-image:linear-gradient(to right, #fff, #000)",
            "background-image:linear-gradient(to right, #fff, #000);",
        ),
        ("color/**/:/**/red", "color:red;"),
        ("position:relative", "position:relative;"),
        ("-webkit-text-size-adjust:100%", "-webkit-text-size-adjust:100%;"),
    ] {
        assert_eq!(attribute(css), clean, "{css}");
    }
}

#[test]
fn what_loads_or_moves_is_dropped_and_the_rest_stays() {
    for css in [
        "background:u\\000072 l(http://x/)",
        "background:ur/**/l(http://x/)",
        "background-image:image-set('http://x/' 1x)",
        "background-image:-webkit-image-set(url(http://x/) 1x)",
        "background-image:cross-fade(url(http://x/), red)",
        "background:image('http://x/')",
        "background:src('http://x/')",
        "background:element(#x)",
        "background:-moz-element(#x)",
        "list-style-image:url(http://x/)",
        "border-image:url(http://x/) 1",
        "cursor:url(http://x/),auto",
        "content:url(http://x/)",
        "content:'text'",
        "filter:url(http://x/#f)",
        "mask:url(http://x/)",
        "clip-path:url(#x)",
        "behavior:url(x.htc)",
        "-moz-binding:url(x.xml#x)",
        "width:expression(alert(1))",
        "width:e\\xpression(alert(1))",
        "color:var(--x)",
        "--x:url(http://x/)",
        "color:env(x)",
        "color:attr(data-x)",
        "position:fixed",
        "position:absolute",
        "position:sticky",
        "position:\\66 ixed",
        "position:fixed!important",
        "top:0",
        "z-index:9999",
        "transform:scale(9)",
        "animation:x 1s",
        "transition:all 1s",
        "font-family:url(http://x/)",
        "color:red{}",
        "color:{url(http://x/)}",
        "color:[url(http://x/)]",
        "color:(url(http://x/))",
        "width:calc(1px + (url(http://x/)))",
        "color:red;;;}</style><script>",
        "@import 'http://x/'",
        "color:rgb(url(http://x/))",
        "src:local(x)",
        "all:unset",
        "pointer-events:none",
    ] {
        let clean = attribute(&format!("{css};color:blue"));
        let lower = clean.to_ascii_lowercase();
        for bad in ["url", "http", "expression", "fixed", "import", "<", "image-set", "script", "var(", "element"] {
            assert!(!lower.contains(bad), "{css} → {clean}");
        }
    }
    assert_eq!(attribute("background:url(http://x/);color:blue"), "background:none;color:blue;");
    assert_eq!(attribute("position:fixed;top:0;color:blue"), "color:blue;");
}

#[test]
fn sheets_keep_rules_and_media_and_nothing_else() {
    for (css, clean) in [
        ("p{color:red}", "p{color:red;}\n"),
        ("a:hover , .x > td.y{margin:0}", "a:hover{margin:0;}\n.x > td.y{margin:0;}\n"),
        // What is not understood where rules are put into elements would show in a quote what it hides where it is read.
        ("*, ::before , p:read-only{margin:0}", "*{margin:0;}\n"),
        // A rule for one browser alone.
        ("_:-ms-fullscreen, :root p{margin:0}_::-webkit-x, p{margin:0}p, q:future{margin:0}", ""),
        (
            "p:is(.x){margin:0}p:nth-child(1 of .x){margin:0}p:not(:target){margin:0}p:not(:hover){top:0;margin:0}",
            "p:not(:hover){margin:0;}\n",
        ),
        ("@media (width>=600px){p{color:red}}@supports (color:red){p{color:red}}", ""),
        ("<!-- p{color:red} -->", "p{color:red;}\n"),
        (
            "@media (max-width:600px){.a{width:100%!important}}",
            "@media (max-width:600px){.a{width:100% !important;}\n}\n",
        ),
        (
            "@media only screen and (min-width:1px){@media print{p{color:red}}}",
            "@media only screen and (min-width:1px){@media print{p{color:red;}\n}\n}\n",
        ),
        ("@import url(http://x/);p{color:red}", "p{color:red;}\n"),
        ("@\\69mport 'http://x/';p{color:red}", "p{color:red;}\n"),
        ("@font-face{font-family:x;src:url(http://x/)}p{color:red}", "p{color:red;}\n"),
        ("@charset 'utf-7';p{color:red}", "p{color:red;}\n"),
        ("@namespace url(http://x/);p{color:red}", "p{color:red;}\n"),
        ("@supports (color:red){p{color:red}}p{margin:0}", "p{margin:0;}\n"),
        ("@keyframes x{from{color:red}}p{margin:0}", "p{margin:0;}\n"),
        ("@media (prefers-color-scheme:dark){p{color:#fff}}", ""),
        ("td[width=\"600\"]{width:100%}", "td[width=\"600\"]{width:100%;}\n"),
        ("tr:nth-child(2n+1){margin:0}", "tr:nth-child(2n +1){margin:0;}\n"),
        ("p{background:url(x)}q{margin:0}", "p{background:none;}\nq{margin:0;}\n"),
        ("p{color:red;p{color:blue}}", "p{color:red;}\n"),
        ("</style><script>alert(1)</script>p{color:red}", ""),
        ("p[x='</style><script>']{color:red}", "p[x=\"\\3c /style>\\3c script>\"]{color:red;}\n"),
        ("p{font-family:'</style>'}", "p{font-family:\"\\3c /style>\";}\n"),
        ("p{color:red", "p{color:red;}\n"),
        ("", ""),
    ] {
        assert_eq!(sheet(css, false, NO_PICTURES).css, clean, "{css}");
    }
    assert!(
        sheet("@media (prefers-color-scheme:dark){p{color:#fff}}", true, NO_PICTURES)
            .css
            .contains("prefers-color-scheme")
    );
}

#[test]
fn cleaning_twice_changes_nothing() {
    for css in [
        "p{color:red;font:12px/1.5 'A \\'b\\' c',x\\20y;width:calc(1px + 2%)}",
        "a[x='\\3c /style>'] > \\31 23 .\\31 23, #\\31 a{margin:1e3px 1.0px +2px}",
        "@media screen and (max-width:600px){a{color:rgb(1 2 3 / 4%)}}",
    ] {
        let once = sheet(css, true, NO_PICTURES).css;
        assert_eq!(sheet(&once, true, NO_PICTURES).css, once, "{css}");
    }
}

#[test]
fn colours_are_noticed() {
    for (css, colours) in
        [("color:red", true), ("background:#fff", true), ("margin:0", false), ("color:inherit;background:none", false)]
    {
        assert_eq!(declarations(css, NO_PICTURES).colours, colours, "{css}");
    }
}

#[test]
fn rules_for_a_usual_screen_stand_where_they_stood() {
    for (css, flat) in [
        ("p{margin:0}@media Screen{p{color:red}}q{margin:0}", "p{margin:0;}\np{color:red;}\nq{margin:0;}\n"),
        ("@media print{p{color:red}}@media (max-width:600px){p{color:red}}", ""),
        ("@media (min-width:1px){.x{color:red}@media (hover){.y{color:red}}}", ".x{color:red;}\n.y{color:red;}\n"),
        ("@media (min-width:1px){@media print{.x{color:red}}}@media print{@media screen{.x{color:red}}}", ""),
        // What is not there where a message is read is not there in a quote.
        ("@supports (color:red){p{color:red}}@media (prefers-color-scheme:light){p{color:red}}", ""),
        ("@media (min-width:1px){@supports (color:red){p{color:red}}}", ""),
    ] {
        assert_eq!(on_screen(css).css, flat, "{css}");
    }
    assert_eq!(on_screen("p, ..q, ::before{color:red}").css, "p,..q{color:red;}\n");
    assert_eq!(
        of_sight("p{color:red;padding:0}@media screen{q{display:none}i{border:0}}").css,
        "p{color:red;}\nq{display:none;}\n"
    );
}

#[test]
fn a_rule_for_many_does_not_fill_the_memory() {
    let many = vec!["p"; 1000].join(",");
    let long = format!("{many}{{display:block;font-family:\"{}\"}}", "x".repeat(100));
    for css in [sheet(&long, false, NO_PICTURES), on_screen(&long), of_sight(&long)] {
        assert_eq!(css.css, "", "as much is too much for all");
    }
    let rule = format!("{}{{font-family:\"{}\"}}", vec!["p"; 200].join(","), "x".repeat(200));
    let nested = format!("@media all{{@media all{{{}}}}}q{{margin:0}}", rule.repeat(500));
    let css = sheet(&nested, false, NO_PICTURES).css;
    assert!(css.len() <= MAX_SHEET && css.ends_with("q{margin:0;}\n"), "{}", css.len());
    let picture = |_: &str| Some("x".repeat(100_000));
    let pictured = sheet("p,q{background:url(cid:a)}", false, &picture).css;
    assert_eq!(pictured, "p{background:none;}\nq{background:none;}\n");
}

#[test]
fn hostile_sheets_end_quickly() {
    for unit in [
        "(",
        "[",
        "{",
        "a{",
        "@media x{",
        "@media all{",
        "@media (",
        "@media not(",
        "a,",
        "/*",
        "\"",
        "url(",
        "a:not(",
        "\\",
        "a{color:rgb(",
        "<!--",
    ] {
        let started = std::time::Instant::now();
        sheet(&unit.repeat(400_000 / unit.len()), false, NO_PICTURES);
        on_screen(&unit.repeat(400_000 / unit.len()));
        declarations(&unit.repeat(30_000), NO_PICTURES);
        assert!(started.elapsed().as_secs() < 5, "{unit}");
    }
}

#[test]
fn pictures_are_where_they_are_said_to_be_or_nowhere() {
    let by_way = |address: &str| address.starts_with("http://x").then(|| format!("/way?{address}"));
    for (css, without, with) in [
        ("background:url(http://x/)", "background:none;", "background:url(\"/way?http://x/\");"),
        ("background:URL( 'http://x/' ) red", "background:none red;", "background:url(\"/way?http://x/\") red;"),
        ("background:u\\72l(http://x/)", "background:none;", "background:url(\"/way?http://x/\");"),
        ("background:\\75\\72\\6c(http://x/)", "background:none;", "background:url(\"/way?http://x/\");"),
        ("background:url(http://x", "background:none;", "background:url(\"/way?http://x\");"),
        (
            "background-image:url(http://y),url(http://x)",
            "background-image:none,none;",
            "background-image:none,url(\"/way?http://x\");",
        ),
        ("list-style:url(http://x/) square", "list-style:none square;", "list-style:url(\"/way?http://x/\") square;"),
        (
            "background:url('http://x/\\22);color:red;</style>')",
            "background:none;",
            "background:url(\"/way?http://x/\\\");color:red;\\3c /style>\");",
        ),
        ("background:url(http://x/ a)", "", ""),
        ("background:url('http://x/' 'b')", "", ""),
        ("background:linear-gradient(url(http://x/))", "", ""),
        ("color:url(http://x/)", "", ""),
        ("border-image:url(http://x/)", "", ""),
        ("cursor:url(http://x/)", "", ""),
    ] {
        assert_eq!(attribute(css), without, "{css}");
        assert_eq!(declarations(css, &by_way).css, with, "{css}");
    }
    let rules =
        "p{background:url(http://x)} p:hover,[a]{background:url(http://x)} @media print{p{background:url(http://x)}}";
    let clean = sheet(rules, false, &by_way).css;
    assert_eq!(
        clean,
        "p{background:url(\"/way?http://x\");}\np:hover{background:none;}\n[a]{background:none;}\n@media print{p{background:none;}\n}\n"
    );
}
