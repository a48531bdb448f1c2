//! From arguments to exit code.

use super::Exit;
use super::args::{Cli, Command, LogFormat};
use super::command::{
    access, apply, completions, diff, emulator, explain, export, init, plan, render, schema, snapshot, undo, validate,
    verify,
};
use super::failure::Failure;
use super::terminal::Terminal;
use crate::report;
use anstream::ColorChoice;
use anyhow::Context;
use clap::Parser;
use clap::error::ErrorKind;
use std::ffi::OsString;
use std::time::Duration;
use tokio::runtime::Builder;

/// Runs the program with the given arguments, the first of which is its name.
pub fn run(args: impl IntoIterator<Item = OsString>) -> Exit {
    super::hardening::start();
    let args: Vec<OsString> = args.into_iter().collect();
    if super::completion::answer(&args) {
        return Exit::Done;
    }
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => return tell_parse_error(&without_hidden(error, &args)),
    };
    let terminal = Terminal::new(cli.global.color.into());
    let terminal = match cli.global.log_format {
        LogFormat::Text => terminal,
        LogFormat::Json => terminal.logged(),
    };
    super::log::start(&cli.global);
    match dispatch(&cli, &terminal) {
        Ok(exit) => exit,
        Err(failure) => {
            // If stderr is gone too, the exit code is all that is left to say.
            let _ = failure.tell(&|name| std::env::var(name).ok(), &terminal);
            failure.exit()
        }
    }
}

/// Returns the error in words that do not quote hidden characters of an argument: that of the arguments as they are shown.
fn without_hidden(error: clap::Error, args: &[OsString]) -> clap::Error {
    let shown: Vec<OsString> =
        args.iter().map(|arg| report::visible(&arg.to_string_lossy()).into_owned().into()).collect();
    if shown == args {
        return error;
    }
    match Cli::try_parse_from(shown) {
        Err(error) => error,
        Ok(_) => clap::Error::raw(error.kind(), "an argument holds hidden characters\n"),
    }
}

/// Help and version are what was asked for; everything else is wrong usage.
fn tell_parse_error(error: &clap::Error) -> Exit {
    let terminal = Terminal::new(ColorChoice::Auto);
    let text = error.render().ansi().to_string();
    let written = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => terminal.print(|out| write!(out, "{text}")),
        _ => terminal.tell(|err| write!(err, "{text}")),
    };
    match (error.kind(), written) {
        (ErrorKind::DisplayHelp | ErrorKind::DisplayVersion, Ok(())) => Exit::Done,
        (ErrorKind::DisplayHelp | ErrorKind::DisplayVersion, Err(_)) => Exit::Failed,
        _ => Exit::Usage,
    }
}

fn dispatch(cli: &Cli, terminal: &Terminal) -> Result<Exit, Failure> {
    let Cli { global, command } = cli;
    let env = |name: &str| std::env::var(name).ok();
    match command {
        Command::Init(args) => wait(init::run(args, global, &env, terminal)),
        Command::Validate(args) => validate::run(args, global, &env, terminal),
        Command::Plan(args) => wait(plan::run(args, global, &env, terminal)),
        Command::Apply(args) => wait(apply::run(args, global, &env, terminal)),
        Command::Render(args) => render::run(args, global, &env, terminal),
        Command::Export(args) => wait(export::run(args, global, &env, terminal)),
        Command::Verify(args) => wait(verify::run(args, global, &env, terminal)),
        Command::Access(args) => wait(access::run(args, global, &env, terminal)),
        Command::Diff(args) => diff::run(args, global, &env, terminal),
        Command::Snapshot(args) => wait(snapshot::run(args, global, &env, terminal)),
        Command::Undo(args) => wait(undo::run(args, global, &env, terminal)),
        Command::Emulator(args) => serve(emulator::run(args, global, &env, terminal)),
        Command::Explain(args) => explain::run(args, terminal),
        Command::Schema(args) => schema::run(args, terminal),
        Command::Completions(args) => completions::run(args, terminal),
    }
}

/// Runs a command that talks to somebody.
///
/// One thread: the work is waiting, and an HTTP connection goes back to its pool before the next request looks for one.
fn wait(command: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    run_on(&mut Builder::new_current_thread(), command)
}

/// Runs the command that serves others.
fn serve(command: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    run_on(&mut Builder::new_multi_thread(), command)
}

fn run_on(builder: &mut Builder, command: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    let runtime = builder.enable_all().build().context("cannot start")?;
    let result = runtime.block_on(command);
    // A question that nobody answers must not keep the process.
    runtime.shutdown_timeout(Duration::from_millis(100));
    result
}
