//! The verifying gateway over real sockets: where a request goes, what passes, and what it never lets through.

mod generated;
mod passing;
mod routers;
mod stand;
mod targets;
