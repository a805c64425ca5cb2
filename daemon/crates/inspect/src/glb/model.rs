//! The whole document: its objects by their numbers.

pub mod accessor;
pub mod animation;
mod asset;
pub mod buffer;
pub mod camera;
pub mod elements;
mod hierarchy;
pub mod image;
mod link;
pub mod material;
pub mod mesh;
pub mod node;
pub mod primitive;
pub mod scene;
pub mod skin;
pub mod texture;
pub mod view;

use self::accessor::Accessor;
use self::animation::Animation;
use self::buffer::Buffer;
use self::camera::Camera;
use self::elements::Elements;
use self::image::Image;
use self::material::Material;
use self::mesh::Mesh;
use self::node::Node;
use self::node::lights::Lights;
use self::primitive::variants::Variants;
use self::scene::Scene;
use self::skin::Skin;
use self::texture::{Sampler, Texture};
use self::view::View;
use super::context::Context;
use super::extensions::Extensions;
use super::fields::Fields;
use super::issue::codes;
use super::json::{Map, Value};
use super::known::{Known, ObjectKind};
use super::path::Path;

/// The properties of the root object.
pub const MEMBERS: [&str; 17] = [
    "extensionsUsed",
    "extensionsRequired",
    "accessors",
    "animations",
    "asset",
    "buffers",
    "bufferViews",
    "cameras",
    "images",
    "materials",
    "meshes",
    "nodes",
    "samplers",
    "scene",
    "scenes",
    "skins",
    "textures",
];

/// Objects of one kind; `None` where one is no object at all.
type List<T> = Vec<Option<T>>;

/// A document of glTF 2 with its buffers. An index that leads nowhere gives `None`, wherever it is looked up.
pub struct Model<'a> {
    pub(crate) context: &'a Context<'a>,
    pub(crate) lights: Lights,
    pub(crate) variants: Variants,
    /// The scene to show.
    pub default_scene: Option<usize>,
    accessors: List<Accessor>,
    animations: List<Animation<'a>>,
    buffers: List<Buffer<'a>>,
    cameras: List<Camera>,
    images: List<Image<'a>>,
    materials: List<Material>,
    meshes: List<Mesh>,
    nodes: List<Node>,
    samplers: List<Sampler>,
    scenes: List<Scene>,
    skins: List<Skin>,
    textures: List<Texture>,
    views: List<View>,
}

macro_rules! lists {
    ($($one:ident $all:ident $list:ident: $kind:ty;)+) => {
        impl<'a> Model<'a> {
            $(
                #[doc = concat!("One of the ", stringify!($list), ".")]
                pub fn $one(&self, index: Option<usize>) -> Option<&$kind> {
                    self.$list.get(index?)?.as_ref()
                }

                #[doc = concat!("All ", stringify!($list), " with their numbers.")]
                pub(crate) fn $all(&self) -> impl Iterator<Item = (usize, &$kind)> {
                    let numbered = self.$list.iter().enumerate();
                    numbered.filter_map(|(at, object)| object.as_ref().map(|object| (at, object)))
                }
            )+
        }
    };
}

lists! {
    accessor all_accessors accessors: Accessor;
    buffer all_buffers buffers: Buffer<'a>;
    camera all_cameras cameras: Camera;
    image all_images images: Image<'a>;
    material all_materials materials: Material;
    mesh all_meshes meshes: Mesh;
    node all_nodes nodes: Node;
    sampler all_samplers samplers: Sampler;
    scene all_scenes scenes: Scene;
    skin all_skins skins: Skin;
    texture all_textures textures: Texture;
    view all_views views: View;
}

impl<'a> Model<'a> {
    /// All animations with their numbers.
    pub(crate) fn all_animations(&self) -> impl Iterator<Item = (usize, &Animation<'a>)> {
        let numbered = self.animations.iter().enumerate();
        numbered.filter_map(|(at, object)| object.as_ref().map(|object| (at, object)))
    }

    /// The elements of an accessor; `None` when there is no such accessor, or its bytes are not in the file.
    pub fn elements(&self, accessor: Option<usize>) -> Option<Elements<'_>> {
        Elements::new(self, self.accessor(accessor)?)
    }

    /// The nodes that no other node has as a child.
    pub fn root_nodes(&self) -> Vec<usize> {
        let mut is_child = vec![false; self.nodes.len()];
        for child in self.all_nodes().flat_map(|(_, node)| node.children()) {
            if let Some(is_child) = is_child.get_mut(child) {
                *is_child = true;
            }
        }
        (0..self.nodes.len()).filter(|&at| !is_child[at]).collect()
    }

    /// The bytes of an image that is part of the file.
    pub fn image_bytes(&self, image: Option<usize>) -> Option<&[u8]> {
        let image = self.image(image)?;
        image.data.as_deref().or_else(|| self.view_bytes(image.view))
    }

    /// The bytes of a buffer view, if they are there.
    pub(crate) fn view_bytes(&self, view: Option<usize>) -> Option<&[u8]> {
        let view = self.view(view)?;
        let bytes = self.buffer(view.buffer)?.bytes.get()?;
        let start = usize::try_from(view.offset?).ok()?;
        let end = start.checked_add(usize::try_from(view.length?).ok()?)?;
        bytes.get(start..end)
    }

    /// Reads all objects; `None` when this is not glTF 2.
    pub(crate) fn read(map: &'a Map<'a>, context: &'a Context<'a>) -> Option<Self> {
        let root = Fields::new(map, Path::ROOT, context, &MEMBERS);
        if !asset::is_version_2(&root) {
            return None;
        }
        let mut model = Self {
            context,
            lights: Lights::default(),
            variants: Variants::default(),
            accessors: read_list(&root, "accessors", Accessor::MEMBERS, Accessor::read),
            animations: read_list(&root, "animations", &["channels", "samplers", "name"], Animation::read),
            buffers: read_list(&root, "buffers", &["uri", "byteLength", "name"], Buffer::read),
            views: read_list(&root, "bufferViews", View::MEMBERS, View::read),
            cameras: read_list(
                &root,
                "cameras",
                &["type", "orthographic", "perspective", "name"],
                Camera::read,
            ),
            images: read_list(&root, "images", &["bufferView", "mimeType", "uri", "name"], Image::read),
            materials: read_list(&root, "materials", Material::MEMBERS, Material::read),
            meshes: read_list(&root, "meshes", &["primitives", "weights", "name"], Mesh::read),
            nodes: read_list(&root, "nodes", Node::MEMBERS, Node::read),
            samplers: read_list(&root, "samplers", Sampler::MEMBERS, Sampler::read),
            scenes: read_list(&root, "scenes", &["nodes", "name"], Scene::read),
            default_scene: root.index("scene"),
            skins: read_list(&root, "skins", Skin::MEMBERS, Skin::read),
            textures: read_list(&root, "textures", &["sampler", "source", "name"], Texture::read),
        };
        Extensions::read(&root, ObjectKind::Root, &mut |entry| match entry.known {
            Known::Lights => model.lights = Lights::read(&entry),
            Known::Variants => model.variants = Variants::read(&entry),
            _ => {}
        });
        root.extras();
        Some(model)
    }

    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }
}

fn read_list<'a, T>(
    root: &Fields<'_, 'a>,
    name: &'a str,
    known: &[&str],
    read: impl Fn(&Fields<'_, 'a>) -> T,
) -> List<T> {
    if !root.has(name) {
        return Vec::new();
    }
    let path = root.path.name(name);
    let wrong = |path: &Path<'_>, kind: &str| {
        root.context
            .add(codes::TYPE_MISMATCH, path, || format!("This must be {kind}."));
    };
    let Some(Value::Array(items)) = root.map.get(name) else {
        wrong(&path, "a list");
        return Vec::new();
    };
    if items.is_empty() {
        root.context.add(codes::EMPTY_ENTITY, &path, || {
            "This must not be empty; it can be left out.".to_owned()
        });
    }
    if !root.context.admit(items.len(), &path) {
        return Vec::new();
    }
    let one = |(at, item): (usize, &'a Value<'a>)| match item {
        Value::Object(map) => Some(read(&Fields::new(map, path.index(at), root.context, known))),
        _ => {
            wrong(&path.index(at), "an object");
            None
        }
    };
    items.iter().enumerate().map(one).collect()
}
