//! Takes scopes and claims back: live's list, corrected by the record.

use super::deed::{Deed, Done};
use super::entries::kept;
use super::inverse::Undo;
use crate::execute::{FieldView, Image, check};
use crate::model::{ClaimPatch, LiveClaim, LiveScope, RemoteId, ScopePatch, text};

/// A child of a server that has a name of its own.
pub(super) trait Child {
    /// Its fields as far as they are set.
    type Patch: Clone + Default;

    fn id(&self) -> RemoteId;
    fn key(&self) -> &str;
    fn is_inherited(&self) -> bool;
    /// Returns the fields that are not as they were set.
    fn unlike(&self, patch: &Self::Patch) -> Vec<FieldView>;
    /// Returns the fields of an image, if it is one of this kind.
    fn patch(image: &Image) -> Option<&Self::Patch>;
    /// Returns the name that a patch gives.
    fn new_key(patch: &Self::Patch) -> Option<&str>;
    /// Returns the fields of before among those that were set.
    fn back(sent: &Self::Patch, before: &Self::Patch) -> Self::Patch;
}

impl Child for LiveScope {
    type Patch = ScopePatch;

    fn id(&self) -> RemoteId {
        self.id
    }

    fn key(&self) -> &str {
        self.value.as_str()
    }

    fn is_inherited(&self) -> bool {
        self.inherited
    }

    fn unlike(&self, patch: &ScopePatch) -> Vec<FieldView> {
        check::scope(patch, self)
    }

    fn patch(image: &Image) -> Option<&ScopePatch> {
        match image {
            Image::Scope { fields, .. } => Some(fields),
            _ => None,
        }
    }

    fn new_key(patch: &ScopePatch) -> Option<&str> {
        patch.value.as_ref().map(|value| value.as_str())
    }

    fn back(sent: &ScopePatch, before: &ScopePatch) -> ScopePatch {
        ScopePatch {
            value: kept(&sent.value, &before.value),
            description: kept(&sent.description, &before.description),
        }
    }
}

impl Child for LiveClaim {
    type Patch = ClaimPatch;

    fn id(&self) -> RemoteId {
        self.id
    }

    fn key(&self) -> &str {
        self.name.as_str()
    }

    fn is_inherited(&self) -> bool {
        self.inherited
    }

    fn unlike(&self, patch: &ClaimPatch) -> Vec<FieldView> {
        check::claim(patch, self)
    }

    fn patch(image: &Image) -> Option<&ClaimPatch> {
        match image {
            Image::Claim(fields) => Some(fields),
            _ => None,
        }
    }

    fn new_key(patch: &ClaimPatch) -> Option<&str> {
        patch.name.as_ref().map(|name| name.as_str())
    }

    fn back(sent: &ClaimPatch, before: &ClaimPatch) -> ClaimPatch {
        ClaimPatch {
            name: kept(&sent.name, &before.name),
            source: kept(&sent.source, &before.source),
            transformation: kept(&sent.transformation, &before.transformation),
        }
    }
}

/// A child as it will be.
pub(super) struct After<P> {
    /// The live object; `None` where it is made again.
    pub(super) id: Option<RemoteId>,
    /// Its name.
    pub(super) key: String,
    /// The name it has now, where that is another one.
    pub(super) old: Option<String>,
    /// The fields to set.
    pub(super) set: P,
}

/// Returns all children that are not OneLogin's own, as they will be.
///
/// What `is_held` says to be in use is not deleted.
pub(super) fn undo_children<C: Child>(
    live: &[C],
    done: &[&Done],
    undo: &mut Undo<'_>,
    is_held: impl Fn(RemoteId) -> bool,
) -> Vec<After<C::Patch>> {
    let as_is =
        |child: &C| After { id: Some(child.id()), key: child.key().to_owned(), old: None, set: C::Patch::default() };
    let mut after: Vec<After<C::Patch>> = live.iter().filter(|child| !child.is_inherited()).map(as_is).collect();
    // What goes frees its name, and what is renamed frees its new one, before names are taken.
    for one in done {
        take_away(live, one, undo, &is_held, &mut after);
    }
    for one in done {
        change_back(live, one, undo, &mut after);
    }
    for one in done {
        make_again(live, one, undo, &mut after);
    }
    after
}

fn take_away<C: Child>(
    live: &[C],
    one: &Done,
    undo: &mut Undo<'_>,
    is_held: impl Fn(RemoteId) -> bool,
    after: &mut Vec<After<C::Patch>>,
) {
    let Deed::Made { id, sent, .. } = &one.deed else { return };
    let Some(sent) = C::patch(sent) else { return };
    let is_it = |child: &&C| id.map_or_else(|| Some(child.key()) == C::new_key(sent), |id| child.id() == id);
    let Some(child) = live.iter().find(is_it) else { return };
    let changed = child.unlike(sent);
    if !changed.is_empty() {
        undo.leave_changed(&one.address, &changed);
    } else if is_held(child.id()) {
        undo.leave(&one.address, "it is granted by a binding that the run did not make");
    } else {
        after.retain(|other| other.id != Some(child.id()));
    }
}

fn change_back<C: Child>(live: &[C], one: &Done, undo: &mut Undo<'_>, after: &mut [After<C::Patch>]) {
    let Deed::Changed { id, before, sent } = &one.deed else { return };
    let (Some(before), Some(sent)) = (C::patch(before), C::patch(sent)) else { return };
    let Some(child) = live.iter().find(|child| child.id() == *id) else {
        return undo.leave(&one.address, "it is gone");
    };
    let (changed, back) = (child.unlike(sent), C::back(sent, before));
    if !changed.is_empty() {
        if !child.unlike(&back).is_empty() {
            undo.leave_changed(&one.address, &changed);
        }
        return;
    }
    let old_key = C::new_key(&back).filter(|key| *key != child.key()).map(str::to_owned);
    if let Some(old_key) = &old_key {
        if is_taken(live, old_key, after, Some(*id)) {
            return undo.leave(&one.address, "another one has its old name by now");
        }
        undo.keep(format!("`{}` in tokens of today, until they expire", child.key()));
    }
    if let Some(it) = after.iter_mut().find(|it| it.id == Some(*id)) {
        it.old = old_key.as_ref().map(|_| child.key().to_owned());
        it.key = old_key.unwrap_or_else(|| child.key().to_owned());
        it.set = back;
    }
}

fn make_again<C: Child>(live: &[C], one: &Done, undo: &mut Undo<'_>, after: &mut Vec<After<C::Patch>>) {
    let Deed::Deleted { id, before } = &one.deed else { return };
    let Some(before) = C::patch(before) else { return };
    let Some(key) = C::new_key(before).map(str::to_owned) else { return };
    let again = undo.ids_of_now.get(&one.address);
    if live.iter().any(|child| child.id() == *id || Some(&child.id()) == again) {
        return;
    }
    if is_taken(live, &key, after, None) {
        return undo.leave(&one.address, "there is one of that name again");
    }
    undo.lose(format!("the id {id} of {}", one.address));
    after.push(After { id: None, key, old: None, set: before.clone() });
}

/// Says whether another child has a name, or nearly, once the undo is done.
fn is_taken<C: Child>(live: &[C], key: &str, after: &[After<C::Patch>], but: Option<RemoteId>) -> bool {
    let key = text::fold(key);
    let others = after.iter().filter(|other| but.is_none() || other.id != but).map(|other| other.key.as_str());
    let inherited = live.iter().filter(|child| child.is_inherited()).map(Child::key);
    others.chain(inherited).any(|other| text::fold(other) == key)
}
