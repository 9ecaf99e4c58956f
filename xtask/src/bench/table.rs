//! The table of measurements, for the terminal and for the page.

use std::fmt;
use std::fs;
use std::thread;

use super::measure::Measurement;

/// One line of the table.
pub(super) struct Row {
    what: String,
    measured: Measurement,
}

impl Row {
    pub(super) fn new(what: impl Into<String>, measured: Measurement) -> Row {
        Row {
            what: what.into(),
            measured,
        }
    }
}

/// All measurements of a run.
#[derive(Default)]
pub(super) struct Table {
    rows: Vec<Row>,
    notes: Vec<String>,
}

impl Table {
    pub(super) fn push(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// A sentence below the table.
    pub(super) fn note(&mut self, text: String) {
        self.notes.push(text);
    }

    /// The page, for the commit that was measured.
    pub(super) fn page(&self, commit: &str) -> String {
        format!(
            "# Measurements\n\nOf commit {commit}, by `cargo xtask bench`, on {} with {} cores. Each line is the quickest of \
             several runs; files are in the page cache.\n\n{self}",
            processor(),
            thread::available_parallelism().map_or(1, usize::from)
        )
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | time | processor time | peak memory |")?;
        writeln!(f, "| --- | ---: | ---: | ---: |")?;
        for row in &self.rows {
            let Measurement { wall, cpu, peak } = row.measured;
            writeln!(
                f,
                "| {} | {:.0} ms | {:.0} ms | {:.1} MiB |",
                row.what,
                wall.as_secs_f64() * 1e3,
                cpu.as_secs_f64() * 1e3,
                peak as f64 / f64::from(1 << 20)
            )?;
        }
        for note in &self.notes {
            write!(f, "\n{note}\n")?;
        }
        Ok(())
    }
}

fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find(|line| line.starts_with("model name"));
    let name = model.and_then(|line| line.split(": ").nth(1));
    name.unwrap_or("an unknown processor").to_owned()
}
