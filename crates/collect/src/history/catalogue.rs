//! Every object of a repository under a number: the objects of each pack in the order of its index, then the loose ones.

use std::hash::{BuildHasher, RandomState};

use super::object_id::ObjectId;

const EMPTY: u32 = u32::MAX;

/// Names to numbers and back. An object that is stored several times has several numbers; the first is the one
/// that its name gives.
pub(crate) struct Catalogue {
    names: Vec<u8>,
    /// An open hash table. Its keys are random, because whoever wrote a pack's index chose the names in it.
    table: Vec<u32>,
    hasher: RandomState,
}

impl Catalogue {
    /// `names` in a row, 20 bytes each, fewer than 2^32 of them.
    pub(crate) fn new(names: Vec<u8>) -> Catalogue {
        let count = names.len() / ObjectId::BYTES;
        let mut catalogue = Catalogue {
            names,
            table: vec![EMPTY; (count + count / 2).next_power_of_two()],
            hasher: RandomState::new(),
        };
        for number in 0..u32::try_from(count).unwrap_or(EMPTY) {
            catalogue.insert(number);
        }
        catalogue
    }

    /// How many numbers there are.
    pub(crate) fn len(&self) -> usize {
        self.names.len() / ObjectId::BYTES
    }

    fn insert(&mut self, number: u32) {
        let Some(id) = self.id(number) else { return };
        let (slot, found) = self.look(id.as_bytes());
        if found.is_none()
            && let Some(slot) = self.table.get_mut(slot)
        {
            *slot = number;
        }
    }

    /// The slot where `name` is or would be, and the number there.
    fn look(&self, name: &[u8]) -> (usize, Option<u32>) {
        let mask = self.table.len() - 1;
        let mut slot = usize::try_from(self.hasher.hash_one(name)).unwrap_or(0) & mask;
        // The table is never full, so this ends.
        loop {
            match self.table.get(slot) {
                None | Some(&EMPTY) => return (slot, None),
                Some(&number) if self.name(number) == Some(name) => return (slot, Some(number)),
                Some(_) => slot = (slot + 1) & mask,
            }
        }
    }

    fn name(&self, number: u32) -> Option<&[u8]> {
        let start = (number as usize).checked_mul(ObjectId::BYTES)?;
        self.names.get(start..start.checked_add(ObjectId::BYTES)?)
    }

    /// The object called `id`, by its first number.
    pub(crate) fn number(&self, id: ObjectId) -> Option<u32> {
        self.look(id.as_bytes()).1
    }

    /// What object `number` is called.
    pub(crate) fn id(&self, number: u32) -> Option<ObjectId> {
        ObjectId::from_bytes(self.name(number)?)
    }

    /// Whether `number` is the first of its object.
    pub(crate) fn is_first(&self, number: u32) -> bool {
        let name = self.name(number);
        name.is_some_and(|name| self.look(name).1 == Some(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_belong_together() {
        let names: Vec<[u8; 20]> = (0..200u8).map(|one| [one % 150; 20]).collect();
        let catalogue = Catalogue::new(names.concat());
        assert_eq!(catalogue.len(), 200);
        let id = ObjectId::from_bytes(&[3; 20]).unwrap();
        assert_eq!(catalogue.number(id), Some(3));
        assert_eq!(catalogue.id(153), Some(id));
        assert!(catalogue.is_first(3));
        assert!(!catalogue.is_first(153));
        let absent = ObjectId::from_bytes(&[151; 20]).unwrap();
        assert_eq!(catalogue.number(absent), None);
        assert_eq!(Catalogue::new(Vec::new()).number(id), None);
    }
}
