//! The control face: how an agent is asked and told things on its own machine, by HTTP; and how the commands do it.
//!
//! `GET /v1/members`, `/v1/info` and `/v1/events` (server-sent events); `POST /v1/join`, `/v1/leave` and `/v1/meta`.

pub(crate) mod client;
pub(crate) mod face;
pub(crate) mod journal;
pub(crate) mod json;
mod routes;
pub(crate) mod server;
mod sse;

pub(crate) use client::Client;
pub(crate) use face::Face;

use std::time::Duration;

/// How long a leave may take to be told.
pub(crate) const LEAVE_TIMEOUT: Duration = Duration::from_secs(5);
