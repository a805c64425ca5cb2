crate::text_enum! {
    /// The kind of an item.
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ItemKind))]
    pub enum Kind {
        Icon = "icon",
        Illustration = "illustration",
        Model = "model",
        Texture = "texture",
        Audio = "audio",
    }
}
