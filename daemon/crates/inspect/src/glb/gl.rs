//! The numbers that glTF took from OpenGL, and the formats of accessors.

pub const ARRAY_BUFFER: u32 = 34962;
pub const ELEMENT_ARRAY_BUFFER: u32 = 34963;

pub const COMPONENT_TYPES: [u32; 6] = [5120, 5121, 5122, 5123, 5125, 5126];
pub const INDEX_TYPES: [u32; 3] = [5121, 5123, 5125];
pub const MAG_FILTERS: [u32; 2] = [9728, 9729];
pub const MIN_FILTERS: [u32; 6] = [9728, 9729, 9984, 9985, 9986, 9987];
pub const WRAPS: [u32; 3] = [33071, 33648, 10497];

/// The mode of a primitive: what its vertices, or indices, are joined to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrimitiveMode {
    Points,
    Lines,
    LineLoop,
    LineStrip,
    Triangles,
    TriangleStrip,
    TriangleFan,
}

impl PrimitiveMode {
    pub(crate) fn from_gl(code: u64) -> Option<Self> {
        Some(match code {
            0 => Self::Points,
            1 => Self::Lines,
            2 => Self::LineLoop,
            3 => Self::LineStrip,
            4 => Self::Triangles,
            5 => Self::TriangleStrip,
            6 => Self::TriangleFan,
            _ => return None,
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Points => "POINTS",
            Self::Lines => "LINES",
            Self::LineLoop => "LINE_LOOP",
            Self::LineStrip => "LINE_STRIP",
            Self::Triangles => "TRIANGLES",
            Self::TriangleStrip => "TRIANGLE_STRIP",
            Self::TriangleFan => "TRIANGLE_FAN",
        }
    }
}

/// The wrapping mode of a texture along one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wrap {
    #[default]
    Repeat,
    MirroredRepeat,
    ClampToEdge,
}

impl Wrap {
    pub(crate) fn from_gl(code: u32) -> Option<Self> {
        Some(match code {
            10497 => Self::Repeat,
            33648 => Self::MirroredRepeat,
            33071 => Self::ClampToEdge,
            _ => return None,
        })
    }
}

/// The type of one number in a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Component {
    I8,
    U8,
    I16,
    U16,
    U32,
    F32,
}

impl Component {
    pub fn from_gl(code: u32) -> Option<Self> {
        Some(match code {
            5120 => Self::I8,
            5121 => Self::U8,
            5122 => Self::I16,
            5123 => Self::U16,
            5125 => Self::U32,
            5126 => Self::F32,
            _ => return None,
        })
    }

    pub fn size(self) -> u64 {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::U32 | Self::F32 => 4,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::I8 => "BYTE",
            Self::U8 => "UNSIGNED_BYTE",
            Self::I16 => "SHORT",
            Self::U16 => "UNSIGNED_SHORT",
            Self::U32 => "UNSIGNED_INT",
            Self::F32 => "FLOAT",
        }
    }

    /// The range of whole numbers of this type; floats have none.
    pub fn range(self) -> std::ops::RangeInclusive<i64> {
        match self {
            Self::I8 => i8::MIN.into()..=i8::MAX.into(),
            Self::U8 => 0..=u8::MAX.into(),
            Self::I16 => i16::MIN.into()..=i16::MAX.into(),
            Self::U16 => 0..=u16::MAX.into(),
            Self::U32 | Self::F32 => 0..=u32::MAX.into(),
        }
    }

    /// The greatest whole number of this type.
    pub fn max(self) -> i64 {
        *self.range().end()
    }

    /// Converts a normalized integer to a number from -1 to 1, or from 0 to 1.
    pub fn normalize(self, value: f64) -> f64 {
        match self {
            Self::F32 => value,
            _ => (value / self.max() as f64).max(-1.0),
        }
    }
}

/// The type of an accessor: the number of numbers in an element and their layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccessorType {
    Scalar,
    Vec2,
    Vec3,
    Vec4,
    Mat2,
    Mat3,
    Mat4,
    /// A type that glTF does not define.
    Unknown,
}

impl AccessorType {
    pub const NAMES: [&'static str; 7] = ["SCALAR", "VEC2", "VEC3", "VEC4", "MAT2", "MAT3", "MAT4"];

    pub fn from_name(name: &str) -> Self {
        match name {
            "SCALAR" => Self::Scalar,
            "VEC2" => Self::Vec2,
            "VEC3" => Self::Vec3,
            "VEC4" => Self::Vec4,
            "MAT2" => Self::Mat2,
            "MAT3" => Self::Mat3,
            "MAT4" => Self::Mat4,
            _ => Self::Unknown,
        }
    }

    pub fn name(self) -> &'static str {
        Self::NAMES.get(self as usize).copied().unwrap_or("of an unknown type")
    }

    pub fn components(self) -> usize {
        match self {
            Self::Unknown => 0,
            Self::Scalar => 1,
            Self::Vec2 => 2,
            Self::Vec3 => 3,
            Self::Vec4 | Self::Mat2 => 4,
            Self::Mat3 => 9,
            Self::Mat4 => 16,
        }
    }

    pub fn is_matrix(self) -> bool {
        matches!(self, Self::Mat2 | Self::Mat3 | Self::Mat4)
    }

    /// Rows, and the bytes from one column to the next: columns begin at multiples of four bytes.
    pub fn columns(self, component: Component) -> (u64, u64) {
        let rows = match self {
            Self::Mat2 => 2,
            Self::Mat3 => 3,
            Self::Mat4 => 4,
            other => other.components() as u64,
        };
        let length = rows * component.size();
        if self.is_matrix() {
            (rows, length.next_multiple_of(4))
        } else {
            (rows, length)
        }
    }

    /// The bytes from the first number of an element to the end of its last one.
    pub fn element_length(self, component: Component) -> u64 {
        if self.is_matrix() {
            let (rows, column) = self.columns(component);
            (rows - 1) * column + rows * component.size()
        } else {
            self.components() as u64 * component.size()
        }
    }

    /// The bytes from one element to the next in a buffer view without a stride.
    pub fn packed_stride(self, component: Component) -> u64 {
        if self.is_matrix() {
            let (rows, column) = self.columns(component);
            rows * column
        } else {
            self.element_length(component)
        }
    }
}

/// Type, component type and normalization of an accessor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Format {
    pub kind: AccessorType,
    pub component: Component,
    pub normalized: bool,
}

impl Format {
    pub const fn plain(kind: AccessorType, component: Component) -> Self {
        Self {
            kind,
            component,
            normalized: false,
        }
    }

    pub const fn normalized(kind: AccessorType, component: Component) -> Self {
        Self {
            kind,
            component,
            normalized: true,
        }
    }
}
