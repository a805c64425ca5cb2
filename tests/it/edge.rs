//! Clients and parts that misbehave: what they can not stop.

mod cache;
mod connections;
mod database;
mod disk;
mod files;
mod http2;
mod limits;
mod load;
mod origins;
