//! One piece of a mesh at a place: its vertices in the scene, and which of them are corners of triangles.

use std::rc::Rc;

use super::access::{Data, Elements};
use super::document::Primitive;
use super::matrix::{Matrix, Vector, for_normals, normalised, place};
use super::scene::Placed;

/// The vertices of a piece.
pub struct Shape<'a> {
    pub material: Option<usize>,
    world: Matrix,
    normal_matrix: [Vector; 3],
    positions: Elements<'a>,
    normals: Option<Elements<'a>>,
    textures: [Option<Elements<'a>>; 2],
    colours: Option<Elements<'a>>,
    skin: Option<Skin<'a>>,
}

struct Skin<'a> {
    joints: Elements<'a>,
    weights: Elements<'a>,
    bones: Rc<[Matrix]>,
}

impl<'a> Shape<'a> {
    /// `None` when there is nothing to show.
    pub fn new(data: &'a Data<'_>, primitive: &Primitive, placed: &Placed) -> Option<Self> {
        let attributes = &primitive.attributes;
        let skin = placed.bones.as_ref().and_then(|bones| {
            Some(Skin {
                joints: data.elements(attributes.joints_0)?,
                weights: data.elements(attributes.weights_0)?,
                bones: Rc::clone(bones),
            })
        });
        Some(Self {
            material: primitive.material,
            world: placed.world,
            normal_matrix: for_normals(&placed.world),
            positions: data.elements(attributes.position)?,
            normals: data.elements(attributes.normal),
            textures: [attributes.texcoord_0, attributes.texcoord_1].map(|index| data.elements(index)),
            colours: data.elements(attributes.color_0),
            skin,
        })
    }

    /// How many vertices it has.
    pub fn len(&self) -> usize {
        self.positions.count
    }

    /// Where its vertices are in the scene.
    pub fn points(&self) -> impl Iterator<Item = Vector> {
        (0..self.len()).map(|at| self.point(at, self.blended(at).as_ref()))
    }

    /// About the middle of it: the mean of the corners of the box around it.
    pub fn middle(&self) -> Vector {
        let (mut low, mut high) = ([f64::MAX; 3], [f64::MIN; 3]);
        for point in self.points() {
            for axis in 0..3 {
                low[axis] = low[axis].min(point[axis]);
                high[axis] = high[axis].max(point[axis]);
            }
        }
        std::array::from_fn(|axis| low[axis] / 2.0 + high[axis] / 2.0)
    }

    /// Position and direction of a vertex in the scene; no direction where the model has none.
    pub fn vertex(&self, at: usize) -> (Vector, Option<Vector>) {
        let blended = self.blended(at);
        let normal = self.normals.as_ref().map(|normals| {
            let matrix = blended.as_ref().map_or(self.normal_matrix, for_normals);
            let [x, y, z] = normals.floats(at, [0.0; 3]).map(f64::from);
            normalised(std::array::from_fn(|axis| {
                matrix[0][axis] * x + matrix[1][axis] * y + matrix[2][axis] * z
            }))
        });
        (self.point(at, blended.as_ref()), normal)
    }

    /// Where a vertex is in a texture, by the number of the set.
    pub fn texture_place(&self, set: usize, at: usize) -> [f32; 2] {
        let elements = self.textures.get(set).and_then(Option::as_ref);
        elements.map_or([0.0; 2], |elements| elements.floats(at, [0.0; 2]))
    }

    /// The colour of a vertex: linear red, green, blue and opacity.
    pub fn colour(&self, at: usize) -> [f32; 4] {
        self.colours
            .as_ref()
            .map_or([1.0; 4], |colours| colours.floats(at, [1.0; 4]))
    }

    fn point(&self, at: usize, blended: Option<&Matrix>) -> Vector {
        let position = self.positions.floats(at, [0.0; 3]).map(f64::from);
        place(blended.unwrap_or(&self.world), position)
    }

    /// What the bones make of a vertex together.
    fn blended(&self, at: usize) -> Option<Matrix> {
        let skin = self.skin.as_ref()?;
        let joints: [u32; 4] = skin.joints.integers(at);
        let weights: [f32; 4] = skin.weights.floats(at, [0.0; 4]);
        let total: f64 = weights.iter().map(|&weight| f64::from(weight)).sum();
        if !(total.is_finite() && total > 1e-6) {
            return None;
        }
        let mut sum = [0.0; 16];
        for (joint, weight) in joints.into_iter().zip(weights) {
            let Some(bone) = skin.bones.get(joint as usize).filter(|_| weight != 0.0) else {
                continue;
            };
            for (sum, part) in sum.iter_mut().zip(bone) {
                *sum += part * f64::from(weight) / total;
            }
        }
        Some(sum)
    }
}

/// The corners of triangles, by the numbers of vertices.
pub struct Corners<'a> {
    indices: Option<Elements<'a>>,
    kind: Kind,
    triangles: usize,
}

#[derive(Clone, Copy)]
enum Kind {
    Single,
    Strip,
    Fan,
}

impl<'a> Corners<'a> {
    /// `None` for points and lines, or when the indices are not there.
    pub fn new(data: &'a Data<'_>, primitive: &Primitive, vertices: usize) -> Option<Self> {
        let indices = match primitive.indices {
            None => None,
            index => Some(data.elements(index)?),
        };
        let count = indices.as_ref().map_or(vertices, |indices| indices.count);
        let (kind, triangles) = match primitive.mode.unwrap_or(4) {
            4 => (Kind::Single, count / 3),
            5 => (Kind::Strip, count.saturating_sub(2)),
            6 => (Kind::Fan, count.saturating_sub(2)),
            _ => return None,
        };
        Some(Self {
            indices,
            kind,
            triangles,
        })
    }

    /// How many triangles there are.
    pub fn len(&self) -> usize {
        self.triangles
    }

    /// The corners of a triangle; they may lead to vertices that are not there.
    pub fn at(&self, triangle: usize) -> [usize; 3] {
        let places = match self.kind {
            Kind::Single => [triangle * 3, triangle * 3 + 1, triangle * 3 + 2],
            Kind::Strip if triangle.is_multiple_of(2) => [triangle, triangle + 1, triangle + 2],
            Kind::Strip => [triangle + 1, triangle, triangle + 2],
            Kind::Fan => [0, triangle + 1, triangle + 2],
        };
        match &self.indices {
            Some(indices) => places.map(|at| indices.integers::<1>(at)[0] as usize),
            None => places,
        }
    }
}
