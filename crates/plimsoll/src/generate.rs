//! `plimsoll completions` and `plimsoll man`.

use anyhow::{Context, Result};
use clap::CommandFactory;

use crate::arguments::{Arguments, CompletionsArguments, ManArguments};
use crate::output::Output;

pub(crate) fn completions(arguments: &CompletionsArguments, output: &Output) -> Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut Arguments::command(),
        "plimsoll",
        &mut script,
    );
    output.data(&String::from_utf8_lossy(&script))?;
    Ok(0)
}

pub(crate) fn man(arguments: &ManArguments, output: &Output) -> Result<u8> {
    let mut command = Arguments::command();
    command.build();
    let page = match &arguments.command {
        None => command,
        Some(name) => command
            .find_subcommand(name)
            .with_context(|| format!("no command is called `{name}`"))?
            .clone()
            .display_name(format!("plimsoll-{name}")),
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text)?;
    output.data(&String::from_utf8_lossy(&text))?;
    Ok(0)
}
