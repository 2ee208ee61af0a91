//! Where in the history of replication an append-only file ends: how a server that restarts from one goes on with a
//! partial resynchronization. Redis has no such thing; it takes part in replication anew (redis issues 10523, 10686,
//! 13175).
//!
//! **The notes.** While a server has a place in a history ([`Place`]: id, offset, database of the stream) each write to
//! the file ends with an annotation that tells it: at exactly this byte of the file the data are those of the stream at
//! that offset. Other readers skip annotations. A note also has the CRC-64 of all bytes of its file before it.
//!
//! **When the place at the end of a load is true.** The data after the load must be exactly what the stream makes up to
//! that offset. So:
//!
//! | what may have happened | what the load then does |
//! |---|---|
//! | the tail was lost, at a note (a power cut, everysec) | an earlier place, true as well |
//! | the tail was lost behind a command | there are commands without a note behind them: no place |
//! | a command was cut in half, directly behind a note | the half is cut off, the place is true |
//! | a command in the middle was changed or taken out by hand (FLUSHALL, say) | the sum of the next note differs: no place |
//! | a file of the set is missing, or another base was put there | the first note of a file must tell where the one before ended: no place |
//! | the base holds no place (made before there was a history) | the first increment may tell one |
//! | the base is commands, or a single file of old | it has no sum: no place |
//! | keys ran out meanwhile | nothing expires while commands are replayed, and bases of append-only files are loaded with all keys; the DELs come after, through the stream |
//! | the file could not be written (disk full) | what was not written has no note either |
//!
//! A **replica** asks its master for what follows the place. A **master** that comes back may have sent its replicas more
//! than its file holds, so it does not go on under the old id: it takes a new one and keeps the old as second id up to
//! the place, as it does after a restart from a snapshot. Replicas up to there go on, those beyond synchronize anew.
//!
//! When in doubt there is no place, and with it a full synchronization: right, and slower.

use crate::format::aof::Mark;

use super::repl_ids::ReplId;

/// A place in a history of replication.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    pub id: ReplId,
    pub offset: i64,
    /// What the stream has selected.
    pub db: i64,
}

/// What is known while the files of a set are read, in order.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Trail {
    place: Option<Place>,
    broken: bool,
    /// Commands came behind the last note.
    unmarked: bool,
    /// Increments begun.
    files: u32,
    /// The increment at hand began with a note, or needs none.
    anchored: bool,
    /// The id that the notes of this increment last told.
    id: Option<ReplId>,
}

impl Trail {
    /// The base is a snapshot, whose own sum is right. `place` is what it tells.
    pub fn base(&mut self, place: Option<Place>) {
        self.place = place.filter(|place| place.offset >= 0 && place.db >= 0);
    }

    /// The base is commands.
    pub fn base_of_commands(&mut self) {
        self.broken = true;
    }

    /// An increment begins.
    pub fn file(&mut self) {
        self.broken |= self.unmarked;
        self.files += 1;
        self.id = None;
        // The first behind a base that knows no place may tell one anywhere: its sum reaches back to the base.
        self.anchored = self.files == 1 && self.place.is_none();
    }

    /// A command was replayed.
    pub fn command(&mut self) {
        self.unmarked = true;
    }

    /// A note. `at` and `sum` are where it stands in its file, and the CRC-64 of the bytes before it.
    pub fn note(&mut self, mark: &Mark, at: u64, sum: u64) {
        let id = mark.id.or(self.id);
        let Some(id) = id.filter(|_| mark.sum == sum && mark.offset >= 0 && mark.db >= 0) else {
            self.broken = true;
            return;
        };
        self.id = Some(id);
        let place = Place { id, offset: mark.offset, db: mark.db };
        if at == 0 {
            let known = self.place.map(|known| (known.id, known.offset));
            self.broken |= match known {
                Some(known) => known != (id, mark.offset),
                None => self.files > 1,
            };
            self.anchored = true;
        }
        self.broken |= !self.anchored;
        self.place = Some(place);
        self.unmarked = false;
    }

    /// Where the data are, when that is certain.
    pub fn end(&self) -> Option<Place> {
        self.place.filter(|_| !self.broken && !self.unmarked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ReplId = [b'a'; 40];

    fn place(offset: i64) -> Place {
        Place { id: A, offset, db: 0 }
    }

    /// A note as the writer makes it: the first of a file has the id.
    fn note(trail: &mut Trail, offset: i64, at: u64) {
        let id = (trail.id.is_none()).then_some(A);
        trail.note(&Mark { id, offset, db: 0, sum: 7 }, at, 7);
    }

    fn after_base(place: Option<Place>) -> Trail {
        let mut trail = Trail::default();
        trail.base(place);
        trail.file();
        trail
    }

    #[test]
    fn a_note_behind_all_commands_tells_the_place() {
        let mut trail = after_base(Some(place(10)));
        assert_eq!(trail.end(), Some(place(10)), "an empty increment changes nothing");
        note(&mut trail, 10, 0);
        trail.command();
        assert_eq!(trail.end(), None);
        note(&mut trail, 40, 99);
        assert_eq!(trail.end(), Some(place(40)));
        // The next file goes on from there.
        trail.file();
        note(&mut trail, 40, 0);
        trail.command();
        note(&mut trail, 50, 60);
        assert_eq!(trail.end(), Some(place(50)));
    }

    #[test]
    fn a_base_without_a_place_leaves_it_to_the_first_increment() {
        let mut trail = after_base(None);
        assert_eq!(trail.end(), None);
        trail.command();
        note(&mut trail, 5, 30);
        assert_eq!(trail.end(), Some(place(5)));
        let mut trail = after_base(None);
        note(&mut trail, 5, 0);
        assert_eq!(trail.end(), Some(place(5)));
        // Not to the second.
        let mut trail = after_base(None);
        trail.file();
        note(&mut trail, 5, 0);
        assert_eq!(trail.end(), None);
    }

    #[test]
    fn what_does_not_fit_together_has_no_place() {
        let ends = |spoil: &dyn Fn(&mut Trail)| {
            let mut trail = after_base(Some(place(10)));
            note(&mut trail, 10, 0);
            spoil(&mut trail);
            note(&mut trail, 90, 900);
            trail.end()
        };
        assert_eq!(ends(&|_| ()), Some(place(90)));
        assert_eq!(
            ends(&|trail| trail.note(&Mark { id: None, offset: 20, db: 0, sum: 7 }, 50, 8)),
            None,
            "sum"
        );
        assert_eq!(ends(&|trail| trail.note(&Mark { id: None, offset: -1, db: 0, sum: 7 }, 50, 7)), None);
        assert_eq!(ends(&|trail| trail.file()), None, "a file without its first note");
        assert_eq!(
            ends(&|trail| {
                trail.file();
                note(trail, 11, 0);
            }),
            None,
            "a gap between files"
        );
        assert_eq!(
            ends(&|trail| {
                trail.command();
                trail.file();
                note(trail, 10, 0);
            }),
            None,
            "the file before ended without a note"
        );
        let mut commands = Trail::default();
        commands.base_of_commands();
        commands.file();
        note(&mut commands, 5, 0);
        assert_eq!(commands.end(), None);
        let mut nameless = after_base(None);
        nameless.note(&Mark { id: None, offset: 5, db: 0, sum: 7 }, 0, 7);
        assert_eq!(nameless.end(), None);
        assert_eq!(after_base(Some(Place { db: -1, ..place(3) })).end(), None);
    }
}
