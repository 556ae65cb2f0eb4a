//! Files on their way to the server. By `XMLHttpRequest`, because `fetch` does not tell how far it is.

use app::{
    route::encode,
    wire::{Attachment, Error, read},
};
use futures_channel::oneshot;
use wasm_bindgen::{JsCast, prelude::Closure};

/// Sends a file. `progress` hears of the bytes sent. Dropping the future cancels.
pub async fn upload(file: web_sys::File, progress: Box<dyn Fn(u64)>) -> Result<Attachment, Error> {
    let request = Running(web_sys::XmlHttpRequest::new().map_err(|_| Error::Internal)?);
    let (done, answer) = oneshot::channel();
    // Whatever the end is, `loadend` is last; the request itself knows which it was.
    let ended = Closure::once(move || {
        // Nobody waits for a cancelled one.
        let _ = done.send(());
    });
    request.0.set_onloadend(Some(ended.as_ref().unchecked_ref()));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bytes are counted in whole numbers")]
    let progressed = Closure::<dyn Fn(web_sys::ProgressEvent)>::new(move |event: web_sys::ProgressEvent| {
        progress(event.loaded() as u64)
    });
    if let Ok(upload) = request.0.upload() {
        upload.set_onprogress(Some(progressed.as_ref().unchecked_ref()));
    }
    start(&request.0, &file).map_err(|_| Error::Internal)?;
    answer.await.map_err(|_| Error::Internal)?;
    result(&request.0)
}

fn start(request: &web_sys::XmlHttpRequest, file: &web_sys::File) -> Result<(), wasm_bindgen::JsValue> {
    request.open_with_async("POST", "/blobs", true)?;
    let content_type = file.type_();
    let content_type = if content_type.is_empty() { "application/octet-stream" } else { &content_type };
    request.set_request_header("content-type", content_type)?;
    request.set_request_header("x-file-name", &encode(&file.name()))?;
    request.send_with_opt_blob(Some(file))
}

fn result(request: &web_sys::XmlHttpRequest) -> Result<Attachment, Error> {
    let text = request.response_text().ok().flatten().unwrap_or_default();
    match request.status() {
        // No answer at all: the line was cut.
        Err(_) | Ok(0) => Err(Error::Unreachable { host: "Pismo".to_owned() }),
        Ok(200..300) => read(&text).ok_or(Error::Internal),
        Ok(401) => Err(Error::SignedOut),
        Ok(_) => Err(read(&text).unwrap_or(Error::Internal)),
    }
}

/// A request that ends with its owner.
struct Running(web_sys::XmlHttpRequest);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.set_onloadend(None);
        if let Ok(upload) = self.0.upload() {
            upload.set_onprogress(None);
        }
        // Does nothing to one that is done.
        drop(self.0.abort());
    }
}
