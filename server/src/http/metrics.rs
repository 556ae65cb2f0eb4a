//! Figures for whoever runs Pismo, on a listener of their own (Prometheus text format 0.0.4).

use axum::{Router, extract::State, http::header, response::IntoResponse, routing::get};

use crate::bridge::Bridge;

/// The router of the metrics' own listener.
pub fn router(bridge: Bridge) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(bridge)
}

async fn metrics(State(bridge): State<Bridge>) -> impl IntoResponse {
    let mut text = String::new();
    let mut gauge = |name: &str, help: &str, value: u64| {
        text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n"));
    };
    gauge("pismo_accounts", "Mail accounts in use.", bridge.accounts.count() as u64);
    if let Some(bytes) = resident_bytes() {
        gauge("process_resident_memory_bytes", "Resident memory size in bytes.", bytes);
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text)
}

/// The memory of this process in bytes, as Linux tells (proc(5), statm).
fn resident_bytes() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split(' ').nth(1)?.parse().ok()?;
    // Pages are 4 KiB on every platform that a release is built for.
    Some(pages * 4096)
}
