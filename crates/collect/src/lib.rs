//! The only code that reads the world.
