//! The cost of filters: the pixels of their region times the steps of each effect.

use resvg::tiny_skia::Transform;
use resvg::usvg::filter::{Filter, Kind};

use super::{Cost, Excess};

const OCTAVE_STEPS: f64 = 250.0;
const BLUR_STEPS: f64 = 40.0;
const LIGHTING_STEPS: f64 = 60.0;
const OTHER_STEPS: f64 = 15.0;
/// Steps for each neighbour that an effect reads.
const NEIGHBOUR_STEPS: f64 = 3.0;
/// Every effect keeps its result until the filter is done.
const RESULT_BYTES: f64 = 4.0;

impl Cost {
    pub(super) fn filter(&mut self, filter: &Filter, region: f64, transform: Transform) -> Result<(), Excess> {
        let (sx, sy) = transform.get_scale();
        let before = self.bytes;
        for primitive in filter.primitives() {
            self.bytes += region * RESULT_BYTES;
            let steps = match primitive.kind() {
                Kind::Turbulence(turbulence) => f64::from(turbulence.num_octaves()) * OCTAVE_STEPS,
                Kind::Morphology(morphology) => {
                    let columns = 2.0 * f64::from(morphology.radius_x().get() * sx) + 1.0;
                    let rows = 2.0 * f64::from(morphology.radius_y().get() * sy) + 1.0;
                    // The window is never larger than the region.
                    (columns * rows).min(region) * NEIGHBOUR_STEPS
                }
                Kind::ConvolveMatrix(convolve) => {
                    let matrix = convolve.matrix();
                    f64::from(matrix.columns()) * f64::from(matrix.rows()) * NEIGHBOUR_STEPS * 2.0
                }
                Kind::GaussianBlur(_) | Kind::DropShadow(_) => BLUR_STEPS,
                Kind::DiffuseLighting(_) | Kind::SpecularLighting(_) => LIGHTING_STEPS,
                Kind::Image(image) => {
                    self.group(image.root(), transform)?;
                    OTHER_STEPS
                }
                _ => OTHER_STEPS,
            };
            self.with_layer(region, |cost| cost.spend(region * steps))?;
        }
        self.bytes = before;
        Ok(())
    }
}
