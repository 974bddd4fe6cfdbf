//! Our pump.

use rdv::PumpHandle;
use rdv_benches::event::Running;

use crate::driver::Kind;

use super::Loop;

pub(crate) struct Rdv(Running);

impl Loop for Rdv {
    const NAME: &'static str = "rdv";
    const KIND: Kind = Kind::Ours;
    type Poster = PumpHandle;

    fn start() -> Self {
        Self(Running::start())
    }

    fn poster(&self) -> &PumpHandle {
        self.0.handle()
    }
}
