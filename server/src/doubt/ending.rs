//! How domains end. Pure.

/// Those of countries and regions (ISO 3166-1, as IANA has delegated them), and the short ones that are for all.
const ENDINGS: &str = " ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bv bw by bz \
    ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gb gd ge gf \
    gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw \
    ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no \
    np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st su \
    sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw \
    com net org info biz edu gov int mil pro name mobi tel cat app dev xyz top fun one art bet bot cam pet new nyc ong web ";

/// Whether domains can end so. Of an ending of several parts, as `co.uk`, the last decides.
pub fn exists(end: &str) -> bool {
    let last = end.rsplit('.').next().unwrap_or_default();
    // Of longer ones there are too many to know, and of those in other scripts a slip is none of these.
    !last.is_ascii() && last.chars().count() > 2 || ENDINGS.contains(&format!(" {last} "))
}

#[cfg(test)]
mod tests {
    use super::exists;

    #[test]
    fn endings_are_known() {
        for (end, expected) in
            [("ru", true), ("co.uk", true), ("com", true), ("con", false), ("ri", false), ("", false)]
        {
            assert_eq!(exists(end), expected, "{end}");
        }
    }
}
