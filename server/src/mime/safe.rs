//! Types that can be looked at in the browser without doing harm there.

/// Whether an image of this type may be put into a body as a `data:` address. SVG can hold scripts: it may not.
pub fn is_safe_image(content_type: &str) -> bool {
    matches!(
        content_type,
        "image/png" | "image/jpeg" | "image/jpg" | "image/gif" | "image/webp" | "image/bmp" | "image/avif"
    )
}

/// The type under which an attachment may be shown in the browser; none where it is only downloaded.
pub fn inline_type(content_type: &str) -> Option<&'static str> {
    Some(match content_type {
        "image/png" => "image/png",
        "image/jpeg" | "image/jpg" | "image/pjpeg" => "image/jpeg",
        "image/gif" => "image/gif",
        "image/webp" => "image/webp",
        "image/bmp" => "image/bmp",
        "image/avif" => "image/avif",
        "application/pdf" => "application/pdf",
        // Any text is shown as plain text, whatever it calls itself: HTML and SVG are never documents here.
        text if text.starts_with("text/") => "text/plain; charset=utf-8",
        "application/json" | "application/xml" | "message/rfc822" => "text/plain; charset=utf-8",
        _ => return None,
    })
}
