//! A tree in the order of its text, without recursion: uploads decide how deep they nest.

use roxmltree::Node;

/// A node begins or ends.
#[derive(Clone, Copy)]
pub(super) enum Edge<'a, 'input> {
    Open(Node<'a, 'input>),
    Close(Node<'a, 'input>),
}

/// The node and everything in it.
pub(super) fn edges<'a, 'input>(root: Node<'a, 'input>) -> impl Iterator<Item = Edge<'a, 'input>> {
    let mut next = Some(Edge::Open(root));
    std::iter::from_fn(move || {
        let edge = next.take()?;
        next = match edge {
            Edge::Open(node) => Some(node.first_child().map_or(Edge::Close(node), Edge::Open)),
            Edge::Close(node) if node == root => None,
            Edge::Close(node) => {
                let sibling = node.next_sibling().map(Edge::Open);
                sibling.or_else(|| node.parent().map(Edge::Close))
            }
        };
        Some(edge)
    })
}
