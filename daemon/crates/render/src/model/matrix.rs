//! Just enough linear algebra. Matrices are column by column, as glTF writes them.

pub type Vector = [f64; 3];
pub type Matrix = [f64; 16];

pub const IDENTITY: Matrix = [
    1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0,
];

/// First `right`, then `left`.
pub fn multiply(left: &Matrix, right: &Matrix) -> Matrix {
    std::array::from_fn(|at| {
        let (column, row) = (at / 4, at % 4);
        (0..4).map(|step| left[step * 4 + row] * right[column * 4 + step]).sum()
    })
}

/// A translation after a rotation (a quaternion, any length but none) after a scale.
pub fn compose(translation: Vector, rotation: [f64; 4], scale: Vector) -> Matrix {
    let length = rotation.iter().map(|part| part * part).sum::<f64>().sqrt();
    let [x, y, z, w] = if length > 1e-9 {
        rotation.map(|part| part / length)
    } else {
        [0.0, 0.0, 0.0, 1.0]
    };
    let columns = [
        [
            1.0 - 2.0 * (y * y + z * z),
            2.0 * (x * y + z * w),
            2.0 * (x * z - y * w),
        ],
        [
            2.0 * (x * y - z * w),
            1.0 - 2.0 * (x * x + z * z),
            2.0 * (y * z + x * w),
        ],
        [
            2.0 * (x * z + y * w),
            2.0 * (y * z - x * w),
            1.0 - 2.0 * (x * x + y * y),
        ],
    ];
    let mut matrix = IDENTITY;
    for (column, (parts, scale)) in columns.iter().zip(scale).enumerate() {
        for (row, part) in parts.iter().enumerate() {
            matrix[column * 4 + row] = part * scale;
        }
    }
    matrix[12..15].copy_from_slice(&translation);
    matrix
}

/// Where a point goes.
pub fn place(matrix: &Matrix, [x, y, z]: Vector) -> Vector {
    std::array::from_fn(|row| matrix[row] * x + matrix[4 + row] * y + matrix[8 + row] * z + matrix[12 + row])
}

/// What makes normals of a shape that a matrix has moved: its cofactors, right for uneven scales and for mirrors as well.
pub fn for_normals(matrix: &Matrix) -> [Vector; 3] {
    let column = |at: usize| -> Vector { [matrix[at * 4], matrix[at * 4 + 1], matrix[at * 4 + 2]] };
    let (a, b, c) = (column(0), column(1), column(2));
    [cross(b, c), cross(c, a), cross(a, b)]
}

pub fn cross(a: Vector, b: Vector) -> Vector {
    [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]
}

pub fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub fn subtract(a: Vector, b: Vector) -> Vector {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

/// Of length one; up when there is no direction.
pub fn normalised(vector: Vector) -> Vector {
    let length = dot(vector, vector).sqrt();
    if length > 0.0 && length.is_finite() {
        vector.map(|part| part / length)
    } else {
        [0.0, 1.0, 0.0]
    }
}
