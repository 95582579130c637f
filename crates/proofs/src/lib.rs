#![no_std]
pub mod system;
