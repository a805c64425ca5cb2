//! Four by four matrices in columns, with the precision that the Khronos validator uses: it keeps floats of four bytes and computes with
//! eight, and a matrix on the edge must get the same verdict.

/// Column by column.
pub type Matrix = [f32; 16];

pub const IDENTITY: Matrix = [
    1.0, 0.0, 0.0, 0.0, //
    0.0, 1.0, 0.0, 0.0, //
    0.0, 0.0, 1.0, 0.0, //
    0.0, 0.0, 0.0, 1.0,
];

/// Numbers with the precision of single floats.
pub fn rounded<const N: usize>(numbers: [f64; N]) -> [f32; N] {
    numbers.map(|number| number as f32)
}

const MAX_ERROR: f64 = 0.00005;

/// True when the matrix is the product of a translation, a rotation and a scale.
pub fn is_decomposable(matrix: &Matrix) -> bool {
    if matrix[3] != 0.0 || matrix[7] != 0.0 || matrix[11] != 0.0 || matrix[15] != 1.0 {
        return false;
    }
    let determinant = determinant(matrix);
    if determinant == 0.0 {
        return false;
    }
    let (rotation, scale) = rotation_and_scale(matrix, determinant);
    let translation = [matrix[12], matrix[13], matrix[14]];
    let composed = compose(translation, rotation, scale);
    // False also for NaN.
    (norm(&composed) - norm(matrix)).abs() < MAX_ERROR
}

/// The matrix of a translation, a rotation (a quaternion x, y, z, w) and a scale.
pub fn compose(translation: [f32; 3], rotation: [f32; 4], scale: [f32; 3]) -> Matrix {
    let [x, y, z, w] = rotation.map(f64::from);
    let (x2, y2, z2) = (x + x, y + y, z + z);
    let (xx, xy, xz) = (x * x2, x * y2, x * z2);
    let (yy, yz, zz) = (y * y2, y * z2, z * z2);
    let (wx, wy, wz) = (w * x2, w * y2, w * z2);
    let rows = [
        [1.0 - (yy + zz), xy + wz, xz - wy],
        [xy - wz, 1.0 - (xx + zz), yz + wx],
        [xz + wy, yz - wx, 1.0 - (xx + yy)],
    ];
    let mut matrix = IDENTITY;
    for (column, (row, scale)) in rows.iter().zip(scale).enumerate() {
        for (at, value) in row.iter().enumerate() {
            // Rounded before and after it is scaled.
            matrix[4 * column + at] = (f64::from(*value as f32) * f64::from(scale)) as f32;
        }
    }
    matrix[12..15].copy_from_slice(&translation);
    matrix
}

/// The product: `inner` is applied first.
pub fn multiply(outer: &Matrix, inner: &Matrix) -> Matrix {
    std::array::from_fn(|at| {
        let (column, row) = (at / 4, at % 4);
        (0..4).map(|k| outer[4 * k + row] * inner[4 * column + k]).sum()
    })
}

/// A point after the matrix is applied.
pub fn transform(matrix: &Matrix, point: [f32; 3]) -> [f32; 3] {
    std::array::from_fn(|row| {
        matrix[row] * point[0] + matrix[4 + row] * point[1] + matrix[8 + row] * point[2] + matrix[12 + row]
    })
}

fn determinant(matrix: &Matrix) -> f64 {
    let m = matrix.map(f64::from);
    let minor = |a: usize, b: usize| m[a] * m[4 + b] - m[b] * m[4 + a];
    let (m01, m02, m03) = (minor(0, 1), minor(0, 2), minor(0, 3));
    let (m12, m13, m23) = (minor(1, 2), minor(1, 3), minor(2, 3));
    let d012 = m[8] * m12 - m[9] * m02 + m[10] * m01;
    let d013 = m[8] * m13 - m[9] * m03 + m[11] * m01;
    let d023 = m[8] * m23 - m[10] * m03 + m[11] * m02;
    let d123 = m[9] * m23 - m[10] * m13 + m[11] * m12;
    -d123 * m[12] + d023 * m[13] - d013 * m[14] + d012 * m[15]
}

fn rotation_and_scale(matrix: &Matrix, determinant: f64) -> ([f32; 4], [f32; 3]) {
    let length = |column: usize| {
        let parts = &matrix[4 * column..4 * column + 3];
        parts
            .iter()
            .map(|part| f64::from(*part) * f64::from(*part))
            .sum::<f64>()
            .sqrt()
    };
    let mirrored = if determinant < 0.0 { -1.0 } else { 1.0 };
    let scale = [mirrored * length(0), length(1), length(2)];
    let rotation: [f64; 9] = std::array::from_fn(|at| {
        let (column, row) = (at / 3, at % 3);
        f64::from((f64::from(matrix[4 * column + row]) * (1.0 / scale[column])) as f32)
    });
    (quaternion(&rotation), scale.map(|part| part as f32))
}

/// The quaternion of a rotation matrix in columns.
fn quaternion(r: &[f64; 9]) -> [f32; 4] {
    let trace = r[0] + r[4] + r[8];
    let mut q = [0.0f32; 4];
    if trace > 0.0 {
        let root = (trace + 1.0).sqrt();
        let s = 0.5 / root;
        q[3] = (root * 0.5) as f32;
        q[0] = ((r[5] - r[7]) * s) as f32;
        q[1] = ((r[6] - r[2]) * s) as f32;
        q[2] = ((r[1] - r[3]) * s) as f32;
        return q;
    }
    let i = match (r[0] < r[4], r[4] < r[8], r[0] < r[8]) {
        (true, true, _) | (false, _, true) => 2,
        (true, false, _) => 1,
        (false, _, false) => 0,
    };
    let (j, k) = ((i + 1) % 3, (i + 2) % 3);
    let at = |row: usize, column: usize| r[3 * column + row];
    let root = (at(i, i) - at(j, j) - at(k, k) + 1.0).sqrt();
    let s = 0.5 / root;
    q[i] = (root * 0.5) as f32;
    q[3] = ((at(k, j) - at(j, k)) * s) as f32;
    q[j] = ((at(j, i) + at(i, j)) * s) as f32;
    q[k] = ((at(k, i) + at(i, k)) * s) as f32;
    q
}

/// The greatest sum of a column.
fn norm(matrix: &Matrix) -> f64 {
    let column = |column: &[f32]| column.iter().map(|part| f64::from(part.abs())).sum::<f64>();
    matrix
        .chunks(4)
        .map(column)
        .fold(0.0, |most, sum| if sum > most { sum } else { most })
}
