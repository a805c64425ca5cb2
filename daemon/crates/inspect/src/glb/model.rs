//! The whole document: its objects by their numbers.

use super::context::{Context, unresolved};
use super::elements::Elements;
use super::ext::lights::Lights;
use super::ext::variants::Variants;
use super::extensions::{Extensions, Known, Place};
use super::fields::Fields;
use super::hierarchy;
use super::issue::codes;
use super::json::{Map, Value};
use super::objects::accessor::Accessor;
use super::objects::animation::Animation;
use super::objects::asset;
use super::objects::buffer::Buffer;
use super::objects::camera::Camera;
use super::objects::image::Image;
use super::objects::material::Material;
use super::objects::mesh::Mesh;
use super::objects::node::Node;
use super::objects::scene::Scene;
use super::objects::skin::Skin;
use super::objects::texture::{Sampler, Texture};
use super::objects::view::View;
use super::path::Path;

/// What every document may have at its top.
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
        Extensions::read(&root, Place::Root, &mut |entry| match entry.known {
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

    pub(crate) fn report_unused(&self, path: &Path<'_>) {
        self.context
            .add(codes::UNUSED_OBJECT, path, || "Nothing uses this object.".to_owned());
    }

    /// Links the objects and checks what only shows between them. The order is Khronos' own: what an object is used for is said by the first one that uses it.
    pub(crate) fn link(&self) {
        if let Some(index) = self.default_scene
            && self.scene(self.default_scene).is_none()
        {
            unresolved(self.context, &Path::ROOT.name("scene"), index);
        }
        let path = Path::ROOT.name("bufferViews");
        self.all_views().for_each(|(at, view)| view.link(self, &path.index(at)));
        let path = Path::ROOT.name("accessors");
        self.all_accessors()
            .for_each(|(at, accessor)| accessor.link(self, &path.index(at)));
        let path = Path::ROOT.name("images");
        self.all_images()
            .for_each(|(at, image)| image.link(self, &path.index(at)));
        let path = Path::ROOT.name("textures");
        self.all_textures()
            .for_each(|(at, texture)| texture.link(self, &path.index(at)));
        self.all_materials().for_each(|(_, material)| material.link(self));
        let path = Path::ROOT.name("meshes");
        self.all_meshes()
            .for_each(|(at, mesh)| mesh.link(self, &path.index(at)));
        let path = Path::ROOT.name("nodes");
        self.all_nodes()
            .for_each(|(at, node)| node.link(self, at, &path.index(at)));
        self.all_nodes().for_each(|(_, node)| node.link_light(self));
        let path = Path::ROOT.name("skins");
        self.all_skins().for_each(|(at, skin)| skin.link(self, &path.index(at)));
        let path = Path::ROOT.name("animations");
        self.all_animations()
            .for_each(|(at, animation)| animation.link(self, &path.index(at)));
        let path = Path::ROOT.name("scenes");
        self.all_scenes()
            .for_each(|(at, scene)| scene.link(self, &path.index(at)));
        hierarchy::check(self);
        self.check_use();
    }

    fn check_use(&self) {
        let unused = |name, list: &mut dyn Iterator<Item = (usize, bool)>| {
            let path = Path::ROOT.name(name);
            list.filter(|(_, used)| !used)
                .for_each(|(at, _)| self.report_unused(&path.index(at)));
        };
        unused(
            "accessors",
            &mut self.all_accessors().map(|(at, object)| (at, object.used.get())),
        );
        unused(
            "buffers",
            &mut self.all_buffers().map(|(at, object)| (at, object.used.get())),
        );
        unused(
            "bufferViews",
            &mut self.all_views().map(|(at, object)| (at, object.used.get())),
        );
        unused(
            "cameras",
            &mut self.all_cameras().map(|(at, object)| (at, object.used.get())),
        );
        unused(
            "images",
            &mut self.all_images().map(|(at, object)| (at, object.used.get())),
        );
        unused(
            "materials",
            &mut self.all_materials().map(|(at, object)| (at, object.used.get())),
        );
        unused(
            "meshes",
            &mut self.all_meshes().map(|(at, object)| (at, object.used.get())),
        );
        unused(
            "nodes",
            &mut self.all_nodes().map(|(at, object)| (at, object.used.get())),
        );
        unused(
            "samplers",
            &mut self.all_samplers().map(|(at, object)| (at, object.used.get())),
        );
        unused(
            "skins",
            &mut self.all_skins().map(|(at, object)| (at, object.used.get())),
        );
        unused(
            "textures",
            &mut self.all_textures().map(|(at, object)| (at, object.used.get())),
        );
        self.lights.report_unused(self);
        self.variants.report_unused(self);
        let path = Path::ROOT.name("meshes");
        for (at, mesh) in self.all_meshes() {
            if mesh.has_weights && mesh.used.get() && !mesh.weights_used.get() {
                let path = path.index(at);
                self.context.add(codes::UNUSED_MESH_WEIGHTS, &path.name("weights"), || {
                    "Every node that uses the mesh has weights of its own.".to_owned()
                });
            }
        }
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
