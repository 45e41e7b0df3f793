//! One file per subcommand, named after it, its function after the verb.

pub mod check;
pub mod doctor;
pub mod down;
pub mod events;
pub mod register;
pub mod replay;
pub mod sandbox;
pub mod secret;
pub mod secure;
pub mod send_test;
pub mod serve;
pub mod status;
pub mod trigger;
pub mod tunnel;
pub mod up;
pub mod user;
pub mod verify;

pub use check::check;
pub use doctor::doctor;
pub use down::down;
pub use events::events;
pub use register::register;
pub use replay::replay;
pub use sandbox::sandbox;
pub use secret::secret;
pub use secure::secure;
pub use send_test::send_test;
pub use serve::serve;
pub use status::status;
pub use trigger::trigger;
pub use tunnel::tunnel;
pub use up::up;
pub use user::user;
pub use verify::verify;
