//! Decisions and words of `masterTryPartialResynchronization`, through a life of two servers.

use super::*;

const A: ReplId = *b"2926fc926be6857685e64f9dc73e2a2b2b917cf6";
const B: ReplId = *b"ea8291cf58268ebdc7853583e7e66231ae52d013";

fn backlog(bytes: usize) -> Backlog {
    let mut b = Backlog::new(1 << 20);
    b.activate();
    b.append(&vec![b'x'; bytes]);
    b
}

#[test]
fn same_history_continues_where_bytes_are_kept() {
    let ids = ReplIds::new(A);
    let b = backlog(321);
    let ok = ids.accepts(&A, 322, &b).unwrap();
    assert_eq!(ok, Continue { held: 321, behind: 0 });
    assert_eq!(
        ok.log_line("127.0.0.1:17102"),
        "Partial resynchronization request from 127.0.0.1:17102 accepted. Sending 0 bytes of backlog \
        starting \
         from offset 322."
    );
    assert_eq!(ids.accepts(&A.to_ascii_uppercase(), 1, &b), Ok(Continue { held: 0, behind: 321 }));
    assert_eq!(ids.accepts(&A, 0, &b), Err(Refusal::LackOfBacklog { asked: 0, ahead: false }));
    let ahead = ids.accepts(&A, 323, &b).unwrap_err();
    let lines = ahead.log_lines("10.0.0.1:6380");
    assert_eq!(
        lines[0].1,
        "Unable to partial resync with replica 10.0.0.1:6380 for lack of backlog (Replica request was: 323)."
    );
    assert_eq!(
        lines[1],
        (
            Level::Warning,
            "Warning: replica 10.0.0.1:6380 tried to PSYNC with an offset that is greater than the master \
             replication offset."
                .to_string()
        )
    );
    for n in [i64::MIN, -1, i64::MAX] {
        assert!(ids.accepts(&A, n, &b).is_err());
        assert!(ids.accepts(&NO_ID, n, &b).is_err());
    }
}

#[test]
fn without_a_backlog_nothing_continues() {
    let ids = ReplIds::new(A);
    let refusal = ids.accepts(&A, 1, &Backlog::new(1 << 20)).unwrap_err();
    assert_eq!(refusal, Refusal::LackOfBacklog { asked: 1, ahead: true });
}

#[test]
fn strangers_are_told_apart() {
    let ids = ReplIds::new(A);
    let b = backlog(10);
    let full = ids.accepts(b"?", -1, &b).unwrap_err();
    assert_eq!(full.log_lines("h:1"), [(Level::Notice, "Full resync requested by replica h:1".to_string())]);
    let stranger = ids.accepts(b"\xff\0x", 1, &b).unwrap_err();
    assert!(matches!(stranger, Refusal::IdMismatch { .. }));
    let other = ids.accepts(&B, 1, &b).unwrap_err();
    assert_eq!(
        other.log_lines("h:1")[0].1,
        "Partial resynchronization not accepted: Replication ID mismatch (Replica asked for \
         'ea8291cf58268ebdc7853583e7e66231ae52d013', my replication IDs are \
         '2926fc926be6857685e64f9dc73e2a2b2b917cf6' and '0000000000000000000000000000000000000000')"
    );
}

#[test]
fn promotion_keeps_siblings_up_to_its_offset() {
    let mut ids = ReplIds::new(A);
    let mut b = backlog(368);
    let line = ids.shift(B, b.offset());
    assert_eq!(
        line,
        "Setting secondary replication ID to 2926fc926be6857685e64f9dc73e2a2b2b917cf6, valid up to \
        offset: 369. \
         New replication ID is ea8291cf58268ebdc7853583e7e66231ae52d013"
    );
    b.append(b"after the promotion");
    assert_eq!(ids.accepts(&A, 369, &b), Ok(Continue { held: 368, behind: 19 }));
    let passed = ids.accepts(&A, 370, &b).unwrap_err();
    assert_eq!(
        passed.log_lines("h:1")[0].1,
        "Partial resynchronization not accepted: Requested offset for second ID was 370, but I can reply \
        up to 369"
    );
    assert!(ids.accepts(&B, 370, &b).is_ok());
    ids.adopt(A);
    assert_eq!(ids, ReplIds::new(A));
}

#[test]
fn continue_under_a_new_name_and_restarts() {
    let mut replica = ReplIds::new(A);
    replica.follow(A, B, 368);
    assert_eq!((replica.replid, replica.replid2, replica.second_offset), (B, A, 369));

    let mut master = ReplIds::new(B);
    master.restore_master(A, 500);
    let mut b = Backlog::new(1 << 20);
    b.activate();
    b.append(b"12345");
    b.rebase(500);
    assert_eq!(master.accepts(&A, 501, &b), Ok(Continue { held: 500, behind: 5 }));
    assert!(master.accepts(&A, 502, &b).is_err());

    let mut back = ReplIds::new(B);
    back.restore_replica(A);
    assert_eq!((back.replid, back.second_offset), (A, -1));
}

#[test]
fn ids_from_outside_are_forty_printable_characters() {
    assert_eq!(read_id(&A), Some(A));
    assert_eq!(read_id(&A[..39]), None);
    assert_eq!(read_id(&[b' '; 40]), None);
    assert_eq!(read_id(&[0; 40]), None);
}
