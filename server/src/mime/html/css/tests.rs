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
        ("a:hover , .x > td.y{margin:0}", "a:hover , .x > td.y{margin:0;}\n"),
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
fn colours_and_hiding_are_noticed() {
    for (css, colours, hide) in [
        ("color:red", true, false),
        ("background:#fff", true, false),
        ("margin:0", false, false),
        ("color:inherit;background:none", false, false),
        ("display:none", false, true),
        ("DISPLAY : None !important", false, true),
        // What is within may have letters of another size.
        ("font-size:0px", false, false),
        ("max-height:0;overflow:hidden", false, true),
        ("opacity:0", false, true),
        ("visibility:hidden", false, true),
        ("font-size:10px", false, false),
        ("opacity:0.9", false, false),
    ] {
        let found = declarations(css, NO_PICTURES);
        assert_eq!((found.colours, found.hide), (colours, hide), "{css}");
    }
    for (css, no_size) in [
        ("font-size:0px", Some(true)),
        ("font-size:0.001em", Some(true)),
        ("font:0/0 a", Some(true)),
        ("font-size:0;font-size:13px", Some(false)),
        ("font:normal 12px/18px Verdana", Some(false)),
        ("font-size:120%", None),
        ("font:inherit", None),
    ] {
        assert_eq!(declarations(css, NO_PICTURES).no_size, no_size, "{css}");
    }
    assert_eq!(sheet(".x, p > q{display:none}", false, NO_PICTURES).hidden, [".x"]);
    assert_eq!(sheet(".x, p > q{font-size:0}", false, NO_PICTURES).sizes, [(".x".to_owned(), true)]);
    assert!(sheet("@media print{.x{display:none}}", false, NO_PICTURES).hidden.is_empty());
}

#[test]
fn hostile_sheets_end_quickly() {
    for unit in ["(", "[", "{", "a{", "@media x{", "/*", "\"", "url(", "a:not(", "\\", "a{color:rgb(", "<!--"] {
        let started = std::time::Instant::now();
        sheet(&unit.repeat(400_000 / unit.len()), false, NO_PICTURES);
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
        "p{background:url(\"/way?http://x\");}\np:hover,[a]{background:none;}\n@media print{p{background:none;}\n}\n"
    );
}
