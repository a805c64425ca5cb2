//! Links the objects of a document with each other.

use super::{Model, hierarchy};
use crate::glb::context::unresolved;
use crate::glb::issue::codes;
use crate::glb::path::Path;

impl Model<'_> {
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
            if mesh.weights.is_some() && mesh.used.get() && !mesh.weights_used.get() {
                let path = path.index(at);
                self.context.add(codes::UNUSED_MESH_WEIGHTS, &path.name("weights"), || {
                    "Every node that uses the mesh has weights of its own.".to_owned()
                });
            }
        }
    }
}
