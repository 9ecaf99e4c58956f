//! BuildKit's account of a build (`moby.buildkit.v1.StatusResponse`), read from its protobuf.
//!
//! Field numbers are those of `api/services/control/control.proto` in BuildKit.

/// What happened since the last account.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) vertices: Vec<Vertex>,
    pub(crate) logs: Vec<Log>,
}

/// A step.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Vertex {
    pub(crate) digest: String,
    pub(crate) name: String,
    pub(crate) cached: bool,
    pub(crate) started: bool,
    pub(crate) completed: bool,
    pub(crate) error: String,
}

/// Some of a step's output.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Log {
    pub(crate) vertex: String,
    pub(crate) stream: u64,
    pub(crate) message: Vec<u8>,
}

/// A field of a message.
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The status in `bytes`; what is cut or not understood is left out.
pub(crate) fn status(bytes: &[u8]) -> Status {
    let mut status = Status::default();
    for (number, field) in Fields(bytes) {
        match (number, field) {
            (1, Field::Bytes(bytes)) => status.vertices.push(vertex(bytes)),
            (3, Field::Bytes(bytes)) => status.logs.push(log(bytes)),
            _ => {}
        }
    }
    status
}

fn vertex(bytes: &[u8]) -> Vertex {
    let mut vertex = Vertex::default();
    for (number, field) in Fields(bytes) {
        match (number, field) {
            (1, Field::Bytes(bytes)) => vertex.digest = text(bytes),
            (3, Field::Bytes(bytes)) => vertex.name = text(bytes),
            (4, Field::Number(number)) => vertex.cached = number != 0,
            (5, Field::Bytes(_)) => vertex.started = true,
            (6, Field::Bytes(_)) => vertex.completed = true,
            (7, Field::Bytes(bytes)) => vertex.error = text(bytes),
            _ => {}
        }
    }
    vertex
}

fn log(bytes: &[u8]) -> Log {
    let mut log = Log::default();
    for (number, field) in Fields(bytes) {
        match (number, field) {
            (1, Field::Bytes(bytes)) => log.vertex = text(bytes),
            (3, Field::Number(number)) => log.stream = number,
            (4, Field::Bytes(bytes)) => log.message = bytes.to_vec(),
            _ => {}
        }
    }
    log
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The first field numbered `number` that holds bytes.
pub(crate) fn bytes_field(message: &[u8], number: u64) -> Option<&[u8]> {
    Fields(message).find_map(|(found, field)| match field {
        Field::Bytes(bytes) if found == number => Some(bytes),
        _ => None,
    })
}

/// `bytes` as the field numbered `number`, which is below 16.
pub(crate) fn encoded(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut message = vec![number << 3 | 2];
    let mut length = bytes.len();
    while length >= 0x80 {
        message.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    message.push(length as u8);
    message.extend_from_slice(bytes);
    message
}

/// The fields of a message, up to the first that is broken.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn bytes(&mut self, length: u64) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(bytes)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, Field<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let key = self.varint()?;
        let field = match key & 7 {
            0 => Field::Number(self.varint()?),
            1 => Field::Bytes(self.bytes(8)?),
            2 => {
                let length = self.varint()?;
                Field::Bytes(self.bytes(length)?)
            }
            5 => Field::Bytes(self.bytes(4)?),
            _ => return None,
        };
        Some((key >> 3, field))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn steps_and_output_are_read() {
        let vertex = [
            encoded(1, b"sha256:1"),
            encoded(3, b"RUN x"),
            vec![4 << 3, 1],
            encoded(5, b""),
        ]
        .concat();
        let log = [
            encoded(1, b"sha256:1"),
            vec![3 << 3, 2],
            encoded(4, &[b'x'; 300]),
        ]
        .concat();
        let read = status(&[encoded(1, &vertex), encoded(3, &log)].concat());
        assert_eq!(read.vertices.len(), 1);
        let vertex = &read.vertices[0];
        assert_eq!(
            (
                vertex.name.as_str(),
                vertex.cached,
                vertex.started,
                vertex.completed
            ),
            ("RUN x", true, true, false)
        );
        assert_eq!((read.logs[0].stream, read.logs[0].message.len()), (2, 300));
    }

    proptest! {
        #[test]
        fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = status(&bytes);
        }
    }
}
