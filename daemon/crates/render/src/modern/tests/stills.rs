use super::*;

#[test]
fn what_comes_to_rest_is_shown_as_it_rests() {
    let moving = |attributes: &str| {
        format!("<g opacity='.5'><animate attributeName='opacity' values='0;1' dur='2s' {attributes}/></g>")
    };
    for (attributes, moment, expected) in [
        ("fill='freeze'", 2.0, "opacity:1;"),
        ("fill='freeze' begin='1s'", 3.0, "opacity:1;"),
        ("", 2.0, "opacity=\".5\""),
        ("repeatCount='indefinite'", 0.0, "opacity:0;"),
        ("begin='indefinite'", 0.0, ""),
    ] {
        let inside = moving(attributes);
        let moments = moments(&inside);
        assert_eq!(
            moments.first().copied(),
            (!expected.is_empty()).then_some(moment),
            "{attributes}"
        );
        assert!(out_at(&inside, Some(moment)).contains(expected), "{attributes}");
    }
    assert!(out_at(&moving("repeatCount='indefinite'"), Some(1.0)).contains("opacity:0.5;"));
    // 0.4 s are not quite 1.2 s less 0.8 s.
    let late = "<g opacity='.5'><animate attributeName='opacity' to='1' begin='0.8s' dur='0.4s' fill='freeze'/></g>";
    assert!(out_at(late, Some(moments(late)[0])).contains("opacity:1;"));
    let chain = "<g><animate id='a' attributeName='x' dur='1s' to='5' fill='freeze'/><animateTransform begin='a.end+0.5s' attributeName='transform' type='rotate' dur='1s' to='90' fill='freeze'/></g>";
    assert_eq!(moments(chain)[0], 2.5);
    let rest = out_at(chain, Some(2.5));
    assert!(rest.contains("x=\"5\"") && rest.contains("rotate(90)"), "{rest}");
    assert!(moments("<g><animateColor attributeName='fill' to='red' dur='1s' fill='freeze'/></g>").is_empty());
    let ring = "<g><animate id='a' begin='0;b.end' attributeName='x' dur='1s' to='5'/><animate id='b' begin='a.end' attributeName='x' dur='1s' to='0'/></g>";
    assert_eq!(moments(ring)[0], 0.0);
}

#[test]
fn key_frames_are_shown_as_they_rest() {
    let sheet = "<style>@keyframes in{from{opacity:0;transform:translate(0px)}to{opacity:1;transform:translate(10px)}}";
    for (animation, moment, expected) in [
        ("in 1s forwards", 1.0, "opacity:1;"),
        ("in 1s 2s ease-out both", 3.0, "matrix(1 0 0 1 10 0)"),
        ("1s infinite in", 0.0, "opacity:0;"),
    ] {
        let inside = format!("{sheet}g{{animation:{animation}}}</style><g/>");
        assert_eq!(moments(&inside)[0], moment, "{animation}");
        let found = out_at(&inside, Some(moment));
        assert!(found.contains(expected), "{animation}: {found}");
    }
    let half = out_at(
        &format!("{sheet}g{{animation:in 1s infinite linear}}</style><g/>"),
        Some(0.5),
    );
    assert!(
        half.contains("opacity:0.5;") && half.contains("matrix(1 0 0 1 5 0)"),
        "{half}"
    );
}

#[test]
fn outlines_move_point_by_point() {
    let animate = |from: &str, to: &str| {
        format!(
            "<path d='{from}'><animate attributeName='d' dur='2s' values='{from};{to}' repeatCount='indefinite'/></path>"
        )
    };
    let half = out_at(&animate("M1 2l4 0h2Z", "M3,4L7 8h-2z"), Some(1.0));
    assert!(half.contains("d=\"M2,3 L6,5 L6,5 Z\""), "{half}");
    // Other commands: in the middle one takes the place of the other.
    let jump = out_at(&animate("M0 0L4 4", "M0 0Q1 1 2 2"), Some(1.5));
    assert!(jump.contains("d=\"M0 0Q1 1 2 2\""), "{jump}");
}

#[test]
fn values_move_along_their_splines() {
    let animate = |attributes: &str| {
        format!(
            "<g><animate attributeName='x' values='0;100;200' dur='2s' calcMode='spline' {attributes} repeatCount='indefinite'/></g>"
        )
    };
    let ease_in = "keySplines='.42 0 1 1; 0,0,1,1'";
    let found = out_at(&animate(ease_in), Some(0.5));
    assert!(found.contains("x=\"31.5"), "{found}");
    assert!(out_at(&animate(ease_in), Some(1.5)).contains("x=\"150\""));
    // Wrong lists: the animation does nothing.
    for wrong in [
        "",
        "keySplines='0 0 1 1'",
        "keySplines='0 0 1 1;0 0 1 1' keyTimes='0;.8;.3'",
        "keySplines='0 0 1 1;0 0 1 1' keyTimes='0;1'",
    ] {
        assert!(!out_at(&animate(wrong), Some(0.5)).contains("x="), "{wrong}");
    }
}
