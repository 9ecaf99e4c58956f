//! Archives made here, searched for a word that stands for a credential.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;

use plimsoll_model::{
    Confidence, ErrorKind, Position, RootPath, Severity, Sighting, Span, Storage,
};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use serde_json::json;

use crate::cancel::Cancel;
use crate::collection::Collection;
use crate::plan::{Options, collect};
use crate::target::NamedTarget;
use crate::visit::FileVisitor;

/// Sees the word `KEY`.
#[derive(Debug)]
pub(crate) struct Word;

impl FileVisitor for Word {
    fn visit(&self, _: &RootPath, bytes: &[u8]) -> Vec<Sighting> {
        let text = String::from_utf8_lossy(bytes);
        let line = |byte: u32| {
            text.bytes()
                .take(byte as usize)
                .filter(|one| *one == b'\n')
                .count()
        };
        let at = |byte| Position {
            line: line(byte) as u32 + 1,
            column: 1,
            byte,
        };
        text.match_indices("KEY")
            .map(|(start, _)| Sighting {
                form: "word",
                provider: "word",
                name: "word",
                grants: "",
                inside: None,
                span: Span::new(start, start + 3),
                start: at(start as u32),
                end: at(start as u32 + 3),
                shown: "K…".to_owned(),
                digest: Some("word".to_owned()),
                severity: Severity::High,
                confidence: Confidence::High,
                facts: Vec::new(),
                excerpt: None,
                suppressed: None,
                remark: None,
                raw: None,
                aliases: &[],
            })
            .collect()
    }

    fn placed(&self, _: &RootPath, seen: Vec<Sighting>) -> Vec<Sighting> {
        seen
    }

    fn masked(&self, text: &str) -> String {
        text.replace("KEY", "***")
    }

    fn visit_large(&self, path: &RootPath, source: &mut dyn Read) -> io::Result<Vec<Sighting>> {
        let mut bytes = Vec::new();
        source.read_to_end(&mut bytes)?;
        Ok(self.visit(path, &bytes))
    }
}

pub(crate) fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        // Written by hand: the library refuses names that lead out.
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        builder.append(&header, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec(bytes, CompressionLevel::Fastest)
}

fn search(bytes: &[u8]) -> Collection {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.tar");
    std::fs::write(&path, bytes).unwrap();
    search_path(path)
}

fn search_path(path: PathBuf) -> Collection {
    search_until(path, Cancel::new())
}

fn search_until(path: PathBuf, cancel: Cancel) -> Collection {
    let typed = format!("archive:{}", path.display());
    let target = NamedTarget::parse(typed.as_ref(), None).unwrap();
    let options = Options {
        visitor: Some(Arc::new(Word)),
        cancel,
        ..Options::default()
    };
    collect(&[target], &options).collections.remove(0)
}

/// `layer path removed-later` of each, and the messages.
fn told(collection: &Collection) -> (Vec<String>, Vec<String>) {
    let stored = collection.inventory.stored_sightings().iter();
    let seen = stored.map(|one| {
        let Storage::Image(place) = &one.storage else {
            panic!("no image")
        };
        let layer = place.layer_number.unwrap_or(0);
        let by = place.created_by.as_deref().unwrap_or("-");
        format!("{layer} {} {} {by}", one.path, place.removed_later)
    });
    let errors = collection.errors.iter().map(|error| error.message.clone());
    (seen.collect(), errors.collect())
}

fn saved(layers: &[&[u8]]) -> Vec<u8> {
    let config = json!({
        "config": {"Env": ["A=1", "TOKEN=KEY"]},
        "history": [
            {"created_by": "/bin/sh -c #(nop) COPY key"},
            {"created_by": "ENV TOKEN=KEY", "empty_layer": true},
            {"created_by": "RUN rm key"},
        ],
    })
    .to_string();
    let names: Vec<String> = (1..=layers.len())
        .map(|at| format!("l{at}/layer.tar"))
        .collect();
    let manifest = json!([{"Config": "c.json", "RepoTags": ["x:1"], "Layers": names}]).to_string();
    let mut files: Vec<(&str, &[u8])> = names
        .iter()
        .map(String::as_str)
        .zip(layers.iter().copied())
        .collect();
    files.push(("c.json", config.as_bytes()));
    files.push(("manifest.json", manifest.as_bytes()));
    tar(&files)
}

#[test]
fn a_deleted_key_is_found_with_the_instruction_that_put_it_there() {
    let first = tar(&[("root/key", b"a KEY"), ("root/kept", b"KEY")]);
    let second = tar(&[("root/.wh.key", b"")]);
    let (seen, errors) = told(&search(&saved(&[&first, &second])));
    assert_eq!(errors, Vec::<String>::new());
    assert_eq!(
        seen,
        [
            "1 root/key true COPY key",
            "1 root/kept false COPY key",
            "0 Env false ENV TOKEN=***",
        ]
    );
}

#[test]
fn compressed_layers_and_archives_are_read() {
    let first = gzip(&tar(&[("key", b"KEY")]));
    let archive = saved(&[&first]);
    assert_eq!(told(&search(&archive)).0[0], "1 key false COPY key");
    assert_eq!(told(&search(&gzip(&archive))).0[0], "1 key false COPY key");
}

#[test]
fn all_frames_of_a_layer_are_read() {
    let tar = tar(&[("filler", &[b'x'; 2000]), ("key", b"KEY")]);
    let skippable = b"\x50\x2a\x4d\x18\x02\0\0\0ab".to_vec();
    let frames = [skippable, zstd(&tar[..700]), zstd(&tar[700..])].concat();
    let (seen, errors) = told(&search(&saved(&[&frames])));
    assert_eq!(seen[0], "1 key false COPY key");
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn what_is_not_read_of_a_compressed_layer_is_told() {
    let layer = tar(&[("key", b"KEY")]);
    let cut = |bytes: Vec<u8>| bytes[..bytes.len() - 2].to_vec();
    let more = [layer.clone(), b"more".to_vec()].concat();
    for layer in [
        cut(zstd(&layer)),
        cut(gzip(&layer)),
        [zstd(&layer), b"junk".to_vec()].concat(),
        [gzip(&layer), b"junk".to_vec()].concat(),
        zstd(&more),
        more,
        b"BZh9".to_vec(),
    ] {
        let (_, errors) = told(&search(&saved(&[&layer])));
        assert!(errors[0].contains("layer 1 "), "{errors:?}");
    }
}

#[test]
fn a_layer_that_comes_again_is_told_where_it_comes_last() {
    let key = tar(&[("key", b"KEY")]);
    let config = "{}";
    let layers = ["a/layer.tar", "b/layer.tar", "a/layer.tar", "b/layer.tar"];
    let image = |layers: &[&str]| json!({"Config": "c.json", "Layers": layers});
    let manifest = json!([image(&layers), image(&layers[..3]), image(&layers[..1])]).to_string();
    let collection = search(&tar(&[
        ("a/layer.tar", &key),
        ("b/layer.tar", &tar(&[(".wh.key", b"")])),
        ("c.json", config.as_bytes()),
        ("manifest.json", manifest.as_bytes()),
    ]));
    assert_eq!(
        told(&collection).0,
        ["3 key true -", "3 key false -", "1 key false -"]
    );
    let stored = collection.inventory.stored_sightings();
    assert!(Arc::ptr_eq(&stored[0].sighting, &stored[2].sighting));
    assert_eq!(collection.others["image-layer"], 2);
}

#[test]
fn places_of_credentials_are_counted() {
    let key = tar(&[("key", "KEY".repeat(1000).as_bytes())]);
    let image = json!({"Config": "c.json", "Layers": ["a/layer.tar"]});
    let manifest = json!(vec![image; 150]).to_string();
    let collection = search(&tar(&[
        ("a/layer.tar", &key),
        ("c.json", b"{}"),
        ("manifest.json", manifest.as_bytes()),
    ]));
    assert_eq!(collection.inventory.stored_sightings().len(), 100_000);
    let noted: Vec<&str> = collection
        .skipped
        .iter()
        .map(|one| one.detail.as_str())
        .collect();
    assert_eq!(
        noted,
        ["credentials in more than 100000 places: further places are not told"]
    );
}

#[test]
fn of_members_of_one_name_the_last_counts() {
    let image = json!([{"Config": "c.json", "Layers": ["a/layer.tar"]}]).to_string();
    let mut builder = tar::Builder::new(Vec::new());
    let mut file = |name: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        builder.append_data(&mut header, name, bytes).unwrap();
    };
    file("a/layer.tar", &tar(&[("clean", b"")]));
    file("b/layer.tar", &tar(&[("key", b"KEY")]));
    file("c.json", b"{}");
    file("manifest.json", image.as_bytes());
    for (kind, target) in [
        (tar::EntryType::Symlink, "../b/layer.tar"),
        (tar::EntryType::Link, "b/layer.tar"),
    ] {
        let mut builder = tar::Builder::new(builder.get_ref().clone());
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(kind);
        header.set_size(0);
        builder
            .append_link(&mut header, "a/layer.tar", target)
            .unwrap();
        let (seen, _) = told(&search(&builder.into_inner().unwrap()));
        assert_eq!(seen, ["1 key false -"], "{kind:?}");
    }
}

#[test]
fn a_run_that_is_stopped_says_so_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.tar");
    std::fs::write(&path, saved(&[&tar(&[("key", b"KEY")])])).unwrap();
    let cancel = Cancel::new();
    cancel.cancel();
    let collection = search_until(path, cancel);
    let kinds: Vec<ErrorKind> = collection.errors.iter().map(|error| error.kind).collect();
    assert_eq!(kinds, [ErrorKind::Deadline]);
}

#[test]
fn bytes_under_the_name_of_a_marker_are_looked_at() {
    let layer = tar(&[(".wh.x", b"KEY")]);
    assert_eq!(
        told(&search(&saved(&[&layer]))).0[0],
        "1 .wh.x false COPY key"
    );
}

#[test]
fn blobs_behind_a_link_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("l"), tar(&[("key", b"KEY")])).unwrap();
    std::fs::create_dir(folder.path().join("blobs")).unwrap();
    std::os::unix::fs::symlink(outside.path(), folder.path().join("blobs/sha256")).unwrap();
    std::fs::write(folder.path().join("index.json"), "{}").unwrap();
    let (seen, errors) = told(&search_path(folder.path().to_owned()));
    assert_eq!(seen, Vec::<String>::new());
    assert!(errors[0].contains("`blobs/sha256`"), "{errors:?}");
}

#[test]
fn a_layout_in_a_folder_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = folder.path().join("blobs/sha256");
    std::fs::create_dir_all(&blobs).unwrap();
    let descriptor = |name: &str| json!({"digest": format!("sha256:{name}")});
    let manifest = json!({"config": descriptor("c"), "layers": [descriptor("l")]});
    let index = json!({"manifests": [descriptor("m")]});
    std::fs::write(folder.path().join("index.json"), index.to_string()).unwrap();
    std::fs::write(blobs.join("m"), manifest.to_string()).unwrap();
    std::fs::write(blobs.join("c"), "{}").unwrap();
    std::fs::write(blobs.join("l"), tar(&[("key", b"KEY")])).unwrap();
    let (seen, errors) = told(&search_path(folder.path().to_owned()));
    assert_eq!(
        (seen, errors),
        (vec!["1 key false -".to_owned()], Vec::new())
    );
}

#[test]
fn hostile_names_lead_nowhere() {
    let layer = tar(&[
        ("../../etc/key", b"KEY"),
        ("/abs/key", b"KEY"),
        ("a/../b", b"KEY"),
    ]);
    let collection = search(&saved(&[&layer]));
    let (seen, errors) = told(&collection);
    assert_eq!(errors, Vec::<String>::new());
    let paths: Vec<&str> = seen
        .iter()
        .filter_map(|one| one.split(' ').nth(1))
        .collect();
    assert_eq!(paths[..3], ["etc/key", "abs/key", "b"]);
    assert!(collection.skipped[0].detail.contains("2 names lead out"));
}

#[test]
fn what_breaks_off_is_told_and_the_rest_searched() {
    let whole = tar(&[("key", b"KEY"), ("more", &[b'x'; 2000])]);
    let cut = &whole[..1600];
    let other = tar(&[("second", b"KEY")]);
    let (seen, errors) = told(&search(&saved(&[cut, &other])));
    assert!(seen.iter().any(|one| one.starts_with("1 key")), "{seen:?}");
    assert!(
        seen.iter().any(|one| one.starts_with("2 second")),
        "{seen:?}"
    );
    assert!(errors[0].contains("layer 1 breaks off"), "{errors:?}");
}

#[test]
fn no_image_is_an_error() {
    for bytes in [&b""[..], b"no tar", &tar(&[("a", b"b")])] {
        let (_, errors) = told(&search(bytes));
        assert!(!errors.is_empty());
    }
}
