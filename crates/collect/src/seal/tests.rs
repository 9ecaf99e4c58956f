//! What is sealed, what is refused, and that nothing else changes a byte.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use rustix::fs::{CWD, FileType, Mode};

use super::*;

fn all(_: &Entry) -> Choice {
    Choice::Send
}

fn sealed_as(
    folder: &Path,
    sealing: &Sealing<'_>,
    choose: &mut dyn FnMut(&Entry) -> Choice,
) -> (Result<Sealed, SealError>, Vec<u8>, String) {
    let root = Root::open(folder).unwrap();
    let (mut archive, mut manifest) = (Vec::new(), Vec::new());
    let outcome = seal(&root, sealing, choose, &mut archive, &mut manifest);
    (outcome, archive, String::from_utf8(manifest).unwrap())
}

fn sealed(folder: &Path) -> (Result<Sealed, SealError>, Vec<u8>, String) {
    sealed_as(folder, &Sealing::default(), &mut all)
}

fn write(path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
    std::fs::create_dir_all(path.as_ref().parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn fifo(path: &Path) {
    rustix::fs::mknodat(CWD, path, FileType::Fifo, Mode::RUSR, 0).unwrap();
}

/// A tree of everything that is allowed.
fn plain_tree(at: &Path) {
    write(at.join("b/file"), "content\n");
    write(at.join("b/empty"), "");
    write(at.join("b-c"), "sorts behind what `b` holds");
    write(at.join("large"), vec![7_u8; 200_000]);
    write(
        at.join(format!("{}/{}", "d".repeat(150), "f".repeat(255))),
        "x",
    );
    write(at.join("é/ü"), "not ascii");
    write(at.join("-rf"), "a name like an option");
    std::fs::create_dir_all(at.join("hollow")).unwrap();
    std::fs::set_permissions(at.join("b/file"), Permissions::from_mode(0o4711)).unwrap();
    symlink("b/file", at.join("link")).unwrap();
    symlink("../b", at.join("b/self")).unwrap();
    symlink("gone", at.join("dangling")).unwrap();
}

#[test]
fn gnu_tar_reads_what_was_sealed() {
    let folder = tempfile::tempdir().unwrap();
    plain_tree(folder.path());
    let (outcome, archive, manifest) = sealed(folder.path());
    let outcome = outcome.unwrap();
    assert_eq!((outcome.files, outcome.folders, outcome.links), (7, 4, 3));
    assert_eq!(outcome.archive_bytes, archive.len() as u64);
    assert_eq!(
        outcome.digest,
        manifest::hex(&manifest::sha256(manifest.as_bytes()))
    );
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("sealed.tar");
    write(&file, &archive);
    let there = out.path().join("there");
    std::fs::create_dir(&there).unwrap();
    let tar = Command::new("tar")
        .arg("xf")
        .arg(&file)
        .arg("-C")
        .arg(&there)
        .status();
    assert!(tar.unwrap().success());
    let same = Command::new("diff")
        .arg("-r")
        .arg("--no-dereference")
        .arg(folder.path())
        .arg(&there)
        .status();
    assert!(same.unwrap().success());
    let mode = |path| {
        std::fs::metadata(there.join(path))
            .unwrap()
            .permissions()
            .mode()
            & 0o7777
    };
    assert_eq!(
        (mode("b/file"), mode("b/empty"), mode("b")),
        (0o755, 0o644, 0o755)
    );
}

#[test]
fn the_manifest_lists_in_the_order_of_the_tree() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path().join("a/x"), "");
    write(folder.path().join("a-b"), "1");
    symlink("a", folder.path().join("l")).unwrap();
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let one = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b";
    let expected = format!(
        "{{\"schema\":\"plimsoll/context/1\"}}\n\
         {{\"mode\":\"0755\",\"path\":\"a\",\"type\":\"directory\"}}\n\
         {{\"mode\":\"0644\",\"path\":\"a/x\",\"sha256\":\"{empty}\",\"size\":0,\"type\":\"file\"}}\n\
         {{\"mode\":\"0644\",\"path\":\"a-b\",\"sha256\":\"{one}\",\"size\":1,\"type\":\"file\"}}\n\
         {{\"mode\":\"0777\",\"path\":\"l\",\"target\":\"a\",\"type\":\"link\"}}\n"
    );
    assert_eq!(sealed(folder.path()).2, expected);
}

#[test]
fn times_owners_and_modes_change_nothing() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    plain_tree(one.path());
    plain_tree(two.path());
    std::fs::set_permissions(two.path().join("b-c"), Permissions::from_mode(0o600)).unwrap();
    let file = std::fs::File::open(two.path().join("large")).unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH)
        .unwrap();
    let (first, second) = (sealed(one.path()), sealed(two.path()));
    assert!(first.1 == second.1);
    assert_eq!(first.0.unwrap(), second.0.unwrap());
}

#[track_caller]
fn check_refused(make: impl FnOnce(&Path), expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path().join("root/a/file"), "inside");
    write(folder.path().join("secret"), "outside");
    make(&folder.path().join("root"));
    let sealing = Sealing {
        hard_links: HardLinks::RefuseOutside,
        max_entries: 30,
        max_bytes: 1000,
        max_depth: 10,
        ..Sealing::default()
    };
    let (outcome, archive, _) = sealed_as(&folder.path().join("root"), &sealing, &mut all);
    assert_eq!(outcome.unwrap_err().to_string(), expected);
    assert!(archive.ends_with(&archive::POISON));
    let out = folder.path().join("refused.tar");
    write(&out, &archive);
    let listed = Command::new("tar").arg("tf").arg(&out).output().unwrap();
    assert!(!listed.status.success(), "a refused archive was read");
}

#[test]
fn what_leads_out_or_is_no_file_is_refused() {
    let link = |target: &'static str, at: &'static str| {
        move |root: &Path| symlink(target, root.join(at)).unwrap()
    };
    check_refused(
        link("../secret", "x"),
        "`x` is a link to `../secret`, which lies outside the context",
    );
    check_refused(
        link("/etc/passwd", "a/x"),
        "`a/x` is a link to `/etc/passwd`, which lies outside the context",
    );
    check_refused(
        link("gone/../../secret", "x"),
        "`x` is a link to `gone/../../secret`, which lies outside the context",
    );
    check_refused(link("x", "x"), "`x` is a link that leads in a circle");
    check_refused(
        |root| {
            symlink("..", root.join("a/up")).unwrap();
            symlink("a/up/../secret", root.join("x")).unwrap();
        },
        "`x` is a link to `a/up/../secret`, which lies outside the context",
    );
    check_refused(
        link("a\u{7}", "x"),
        "`x` has control characters in its name",
    );
    check_refused(|root| fifo(&root.join("pipe")), "`pipe` is a FIFO");
    check_refused(
        |root| drop(std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap()),
        "`socket` is a socket",
    );
    check_refused(
        |root| write(root.join("a\nb"), ""),
        "`a%0Ab` has control characters in its name",
    );
    check_refused(
        |root| {
            use std::os::unix::ffi::OsStrExt;
            write(root.join(std::ffi::OsStr::from_bytes(b"caf\xe9")), "");
        },
        "`caf%E9` has a name, or leads to one, that is not UTF-8",
    );
    check_refused(
        |root| std::fs::hard_link(root.join("../secret"), root.join("a/twin")).unwrap(),
        "`a/twin` is one of 2 names of a file, 1 of them outside what is sent",
    );
    check_refused(
        |root| write(root.join("1/2/3/4/5/6/7/8/9/10/11/x"), ""),
        "`1/2/3/4/5/6/7/8/9/10` lies more than 10 folders deep",
    );
    check_refused(
        |root| write(root.join("big"), [0; 1001]),
        "`.` brings the context to more than the 1000 bytes that are allowed",
    );
    check_refused(
        |root| (0..40).for_each(|number| write(root.join(number.to_string()), "")),
        "`.` is one entry more than the 30 that are allowed",
    );
}

#[test]
fn hard_links_inside_become_plain_files() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path().join("one"), "same");
    std::fs::hard_link(folder.path().join("one"), folder.path().join("two")).unwrap();
    let sealing = Sealing {
        hard_links: HardLinks::RefuseOutside,
        ..Sealing::default()
    };
    let (outcome, _, manifest) = sealed_as(folder.path(), &sealing, &mut all);
    assert_eq!(outcome.unwrap().files, 2);
    assert_eq!(manifest.matches("\"type\":\"file\"").count(), 2);
}

#[test]
fn what_is_left_out_is_neither_read_nor_judged() {
    let folder = tempfile::tempdir().unwrap();
    symlink("/etc", folder.path().join("out")).unwrap();
    fifo(&folder.path().join("pipe"));
    write(folder.path().join("skipped/x"), "");
    write(folder.path().join("left/kept"), "");
    let mut choose = |entry: &Entry| match entry.path.as_str() {
        "left/kept" => Choice::Send,
        "skipped" => Choice::Skip,
        _ => Choice::Leave,
    };
    let (outcome, _, manifest) = sealed_as(folder.path(), &Sealing::default(), &mut choose);
    outcome.unwrap();
    let paths: Vec<&str> = manifest
        .lines()
        .skip(1)
        .filter_map(|line| line.split('"').nth(7))
        .collect();
    assert_eq!(paths, ["left", "left/kept"]);
}

#[test]
fn given_contents_stand_for_what_the_tree_holds() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path().join("m/Dockerfile"),
        "as it was before it was judged",
    );
    write(folder.path().join("z"), "");
    let given = [
        (".first", "1"),
        ("m/Dockerfile", "2"),
        ("n", "3"),
        ("zz", "4"),
    ];
    let sealing = Sealing {
        given: given
            .map(|(path, text)| (RootPath::new(path).unwrap(), text.as_bytes().to_vec()))
            .into(),
        ..Sealing::default()
    };
    let (outcome, archive, manifest) = sealed_as(folder.path(), &sealing, &mut all);
    outcome.unwrap();
    assert!(!String::from_utf8_lossy(&archive).contains("before it was judged"));
    let paths: Vec<&str> = manifest
        .lines()
        .skip(1)
        .filter_map(|line| line.split('"').nth(7))
        .collect();
    assert_eq!(paths, [".first", "m", "m/Dockerfile", "n", "z", "zz"]);
}

#[test]
fn given_contents_are_reached_in_folders_that_are_skipped() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path().join("docker/api/Dockerfile"), "old");
    write(folder.path().join("docker/other"), "left out");
    let path = RootPath::new("docker/api/Dockerfile").unwrap();
    let sealing = Sealing {
        given: [(path, b"new".to_vec())].into(),
        ..Sealing::default()
    };
    let mut choose = |_: &Entry| Choice::Skip;
    let (outcome, _, _) = sealed_as(folder.path(), &sealing, &mut choose);
    let outcome = outcome.unwrap();
    assert_eq!((outcome.files, outcome.folders, outcome.bytes), (1, 2, 3));
}

/// A thread swaps a file for a link as fast as it can: each sealing holds the file's own content or is refused.
#[test]
fn a_link_swapped_in_is_never_followed() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    write(root.join("a/file"), "inside");
    write(folder.path().join("secret"), "OUTSIDE");
    for number in 0..50 {
        write(root.join(format!("a/{number}")), "x");
    }
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (file, spare) = (root.join("a/file"), root.join("a/.spare"));
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let _ = symlink("../../secret", &spare);
                let _ = std::fs::rename(&spare, &file);
                let _ = std::fs::write(&spare, "inside");
                let _ = std::fs::rename(&spare, &file);
            }
        });
        let mut refused = 0;
        for _ in 0..200 {
            let (outcome, archive, _) = sealed(&root);
            assert!(!archive.windows(7).any(|bytes| bytes == b"OUTSIDE"));
            refused += u32::from(outcome.is_err());
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(refused > 0, "the race was never met");
    });
}

#[test]
fn a_file_that_changes_while_it_is_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("grows");
    write(&path, vec![1; 1 << 20]);
    struct Grows<'p>(&'p Path);
    impl Write for Grows<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            write(self.0, vec![2; 1 << 21]);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let root = Root::open(folder.path()).unwrap();
    let outcome = seal(
        &root,
        &Sealing::default(),
        &mut all,
        &mut Grows(&path),
        &mut io::sink(),
    );
    assert_eq!(
        outcome.unwrap_err().to_string(),
        "`grows` changed while the context was being sealed"
    );
}

#[test]
fn a_full_disk_is_told() {
    struct Full(usize);
    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self
                .0
                .checked_sub(bytes.len())
                .ok_or(io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let folder = tempfile::tempdir().unwrap();
    for number in 0..500 {
        write(folder.path().join(number.to_string()), "x");
    }
    let root = Root::open(folder.path()).unwrap();
    let outcome = seal(
        &root,
        &Sealing::default(),
        &mut all,
        &mut Full(90_000),
        &mut io::sink(),
    );
    assert!(
        matches!(outcome, Err(SealError::Write(error)) if error.kind() == io::ErrorKind::StorageFull)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_names_give_an_archive_that_tar_lists_as_the_manifest_does(
        names in prop::collection::btree_set("[a-zé \\\\'\"%-]{1,60}(/[a-z]{1,80}){0,2}", 1..8),
    ) {
        let folder = tempfile::tempdir().unwrap();
        for name in &names {
            let path = folder.path().join(name);
            if std::fs::create_dir_all(path.parent().unwrap()).is_ok() {
                let _ = std::fs::write(path, name);
            }
        }
        let (outcome, archive, manifest) = sealed(folder.path());
        prop_assert!(outcome.is_ok());
        let out = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(out.path(), &archive).unwrap();
        let listed = Command::new("tar").args(["--quoting-style=literal", "-tf"]).arg(out.path()).output().unwrap();
        let listed = String::from_utf8(listed.stdout).unwrap();
        let listed: Vec<&str> = listed.lines().map(|line| line.trim_end_matches('/')).collect();
        let told: Vec<String> = manifest.lines().skip(1).map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            line["path"].as_str().unwrap().to_owned()
        }).collect();
        prop_assert_eq!(listed, told);
    }
}

/// Refuses a file that holds `needle`, and panics at one called `panic`.
struct Needle(&'static [u8]);

struct NeedleLook<'n> {
    needle: &'n [u8],
    seen: Vec<u8>,
}

impl Inspect for Needle {
    fn look<'s>(&'s self, path: &RootPath) -> Option<Box<dyn Look + 's>> {
        assert_ne!(path.as_str(), "panic");
        let look = NeedleLook {
            needle: self.0,
            seen: Vec::new(),
        };
        Some(Box::new(look))
    }
}

impl Look for NeedleLook<'_> {
    fn see(&mut self, bytes: &[u8]) {
        self.seen.extend_from_slice(bytes);
    }

    fn verdict(self: Box<Self>) -> Option<String> {
        let holds = self
            .seen
            .windows(self.needle.len())
            .any(|part| part == self.needle);
        holds.then(|| "holds a needle".to_owned())
    }
}

fn inspected(folder: &Path) -> (Result<Sealed, SealError>, Vec<u8>) {
    let sealing = Sealing {
        inspect: Some(&Needle(b"needle")),
        ..Sealing::default()
    };
    let (outcome, archive, _) = sealed_as(folder, &sealing, &mut all);
    (outcome, archive)
}

#[test]
fn files_are_looked_at_whole() {
    for before in [0, 70_000, (256 << 10) - 3, 1_000_000] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        write(&file, vec![b'x'; before]);
        assert!(inspected(folder.path()).0.is_ok(), "{before}");
        write(&file, [vec![b'x'; before], b"needle".to_vec()].concat());
        let refused = inspected(folder.path()).0.unwrap_err().to_string();
        assert_eq!(refused, "`file` holds a needle", "{before}");
    }
}

#[test]
fn a_panic_is_no_cancellation() {
    for size in [1, 100_000] {
        let folder = tempfile::tempdir().unwrap();
        for name in 0..2_000 {
            write(folder.path().join(format!("{name}")), "x");
        }
        write(folder.path().join("panic"), vec![b'x'; size]);
        let (outcome, archive) = inspected(folder.path());
        assert!(matches!(outcome, Err(SealError::Panicked)), "{size}");
        assert!(archive.ends_with(&archive::POISON), "{size}");
    }
}
