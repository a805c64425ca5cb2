//! The vertices and triangles of a primitive in the scene.

use std::rc::Rc;

use glam::{DMat3, DMat4, DVec3};
use tradepost_inspect::glb::{Elements, Model, Primitive, PrimitiveMode};

use super::elements;
use super::scene::PlacedMesh;

/// The vertices of a primitive.
pub struct PlacedPrimitive<'a> {
    pub material: Option<usize>,
    world: DMat4,
    normal_matrix: DMat3,
    positions: Elements<'a>,
    normals: Option<Elements<'a>>,
    texture_coordinates: [Option<Elements<'a>>; 2],
    colours: Option<Elements<'a>>,
    skin: Option<VertexSkin<'a>>,
    morphs: Vec<Morph<'a>>,
}

/// Morph targets of a weight that are shown of a primitive.
const MAX_MORPHS: usize = 32;

/// A morph target that moves the vertices.
struct Morph<'a> {
    weight: f64,
    positions: Option<Elements<'a>>,
    normals: Option<Elements<'a>>,
}

/// A vertex's value and what the morph targets add to it.
fn morphed<'a, 'm>(
    value: &Elements<'_>,
    morphs: &'m [Morph<'a>],
    changes: impl Fn(&'m Morph<'a>) -> Option<&'m Elements<'a>>,
    at: usize,
) -> DVec3 {
    let vector = |elements: &Elements<'_>| DVec3::from(elements.floats(at, [0.0; 3]).map(f64::from));
    let added = morphs
        .iter()
        .filter_map(|morph| Some(vector(changes(morph)?) * morph.weight));
    vector(value) + added.sum::<DVec3>()
}

/// The joints that move the vertices.
struct VertexSkin<'a> {
    joints: Elements<'a>,
    weights: Elements<'a>,
    matrices: Rc<[DMat4]>,
}

impl<'a> PlacedPrimitive<'a> {
    /// `None` when there is nothing to show.
    pub fn new(model: &'a Model<'_>, primitive: &Primitive, placed: &PlacedMesh) -> Option<Self> {
        let attribute = |name: &str| elements(model, primitive.attribute(name));
        let skin = placed.joints.as_ref().and_then(|matrices| {
            Some(VertexSkin {
                joints: attribute("JOINTS_0")?,
                weights: attribute("WEIGHTS_0")?,
                matrices: Rc::clone(matrices),
            })
        });
        let weights = placed.weights.iter().enumerate().filter(|(_, weight)| **weight != 0.0);
        let change = |target: usize, name: &str| elements(model, primitive.target_attribute(target, name));
        let morphs = weights.take(MAX_MORPHS).map(|(target, &weight)| Morph {
            weight,
            positions: change(target, "POSITION"),
            normals: change(target, "NORMAL"),
        });
        Some(Self {
            material: primitive.material,
            world: placed.world,
            normal_matrix: normal_matrix(&placed.world),
            positions: attribute("POSITION")?,
            normals: attribute("NORMAL"),
            texture_coordinates: ["TEXCOORD_0", "TEXCOORD_1"].map(attribute),
            colours: attribute("COLOR_0"),
            skin,
            morphs: morphs.collect(),
        })
    }

    /// The number of vertices.
    pub fn len(&self) -> usize {
        self.positions.len()
    }

    /// The positions of all vertices in the scene.
    pub fn points(&self) -> impl Iterator<Item = DVec3> {
        (0..self.len()).map(|at| self.point(at, self.skin_matrix(at).as_ref()))
    }

    /// The middle of the box around the vertices.
    pub fn middle(&self) -> DVec3 {
        let (low, high) = bounds(self.points());
        low / 2.0 + high / 2.0
    }

    /// The position and normal of a vertex in the scene; no normal where the model has none.
    pub fn vertex(&self, at: usize) -> (DVec3, Option<DVec3>) {
        let skin_matrix = self.skin_matrix(at);
        let normal = self.normals.as_ref().map(|normals| {
            let matrix = skin_matrix.as_ref().map_or(self.normal_matrix, normal_matrix);
            unit(matrix * morphed(normals, &self.morphs, |morph| morph.normals.as_ref(), at))
        });
        (self.point(at, skin_matrix.as_ref()), normal)
    }

    /// The texture coordinates of a vertex in a set.
    pub fn texture_coordinates(&self, set: usize, at: usize) -> [f32; 2] {
        let elements = self.texture_coordinates.get(set).and_then(Option::as_ref);
        elements.map_or([0.0; 2], |elements| elements.floats(at, [0.0; 2]))
    }

    /// The colour of a vertex: linear red, green, blue and opacity.
    pub fn colour(&self, at: usize) -> [f32; 4] {
        self.colours
            .as_ref()
            .map_or([1.0; 4], |colours| colours.floats(at, [1.0; 4]))
    }

    fn point(&self, at: usize, skin_matrix: Option<&DMat4>) -> DVec3 {
        let position = morphed(&self.positions, &self.morphs, |morph| morph.positions.as_ref(), at);
        skin_matrix.unwrap_or(&self.world).transform_point3(position)
    }

    /// The weighted sum of the matrices of a vertex's joints; `None` when nothing moves it.
    fn skin_matrix(&self, at: usize) -> Option<DMat4> {
        let skin = self.skin.as_ref()?;
        let joints: [u32; 4] = skin.joints.integers(at);
        let weights: [f32; 4] = skin.weights.floats(at, [0.0; 4]);
        let total: f64 = weights.iter().map(|&weight| f64::from(weight)).sum();
        if !(total.is_finite() && total > 1e-6) {
            return None;
        }
        let mut sum = [0.0; 16];
        for (joint, weight) in joints.into_iter().zip(weights) {
            let Some(matrix) = skin.matrices.get(joint as usize).filter(|_| weight != 0.0) else {
                continue;
            };
            for (sum, part) in sum.iter_mut().zip(matrix.to_cols_array()) {
                *sum += part * f64::from(weight) / total;
            }
        }
        Some(DMat4::from_cols_array(&sum))
    }
}

/// The matrix of normals of a shape that a matrix has moved: its cofactors, right for uneven scales and for mirrors as well.
fn normal_matrix(matrix: &DMat4) -> DMat3 {
    let [a, b, c] = [matrix.x_axis, matrix.y_axis, matrix.z_axis].map(|axis| axis.truncate());
    DMat3::from_cols(b.cross(c), c.cross(a), a.cross(b))
}

/// The vector at length one; up when it has no direction.
fn unit(vector: DVec3) -> DVec3 {
    let length = vector.length();
    if length > 0.0 && length.is_finite() {
        vector / length
    } else {
        DVec3::Y
    }
}

/// The corners of the box around points.
pub fn bounds(points: impl Iterator<Item = DVec3>) -> (DVec3, DVec3) {
    let start = (DVec3::splat(f64::MAX), DVec3::splat(f64::MIN));
    points.fold(start, |(low, high), point| (point.min(low), point.max(high)))
}

/// The triangles of a primitive, as numbers of vertices.
pub struct Triangles<'a> {
    indices: Option<Elements<'a>>,
    mode: PrimitiveMode,
    count: usize,
}

impl<'a> Triangles<'a> {
    /// `None` for points and lines, or when the indices are not there.
    pub fn new(model: &'a Model<'_>, primitive: &Primitive, vertices: usize) -> Option<Self> {
        let indices = match primitive.indices {
            None => None,
            index => Some(elements(model, index)?),
        };
        let count = indices.as_ref().map_or(vertices, Elements::len);
        let mode = primitive.mode?;
        let count = match mode {
            PrimitiveMode::Triangles => count / 3,
            PrimitiveMode::TriangleStrip | PrimitiveMode::TriangleFan => count.saturating_sub(2),
            _ => return None,
        };
        Some(Self { indices, mode, count })
    }

    /// The number of triangles.
    pub fn len(&self) -> usize {
        self.count
    }

    /// The corners of a triangle; they may exceed the number of vertices.
    pub fn at(&self, triangle: usize) -> [usize; 3] {
        let places = match self.mode {
            PrimitiveMode::TriangleStrip if triangle.is_multiple_of(2) => [triangle, triangle + 1, triangle + 2],
            PrimitiveMode::TriangleStrip => [triangle + 1, triangle, triangle + 2],
            PrimitiveMode::TriangleFan => [0, triangle + 1, triangle + 2],
            _ => [triangle * 3, triangle * 3 + 1, triangle * 3 + 2],
        };
        match &self.indices {
            Some(indices) => places.map(|at| indices.integers::<1>(at)[0] as usize),
            None => places,
        }
    }
}
