//! Man pages: one for the program and one a command, from the definition that is the help as well.

use super::args::{Cli, GLOBAL_OPTIONS};
use clap::{Arg, Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, italic, roman};
use std::io;

const NAME: &str = "gatewright";

/// Source: `cli::exit` and the table of the README.
const EXIT_STATUS: &[(&str, &str)] = &[
    ("0", "Done, nothing pending."),
    ("1", "Failed, nothing written."),
    ("2", "Changes pending: plan --detailed-exitcode, render --check, and undo RUN that nobody could be asked about."),
    ("3", "Something was written and something was not."),
    ("4", "Nothing written: refused by a safety rule, live moved, or declined."),
    ("5", "Verification failed."),
    ("64", "Wrong usage."),
];

const ENVIRONMENT: &[(&str, &str)] = &[
    (
        "ONELOGIN_CLIENT_ID, ONELOGIN_CLIENT_SECRET",
        "The credential pair. It is sent to the tenant's own OneLogin host, or to the host that ONELOGIN_API_URL names, and to no other. Under --emulator it plays no part.",
    ),
    (
        "ONELOGIN_API_URL",
        "Another host for /auth and /api, such as that of a region; a loopback URL, such as that of gatewright emulator, takes the calls to /oidc/2 too.",
    ),
    (
        "GATEWRIGHT_PROBE_HOSTS",
        "Hosts that probes may call, with commas between, as --allow-probe-host says them one by one.",
    ),
    ("GATEWRIGHT_SECRETS_COMMAND", "The command that takes the secrets of new apps, as --secrets-command."),
    (
        "CI",
        "Where it is set and no command takes secrets, a plan that makes an app with a secret notes that the file dies with the runner.",
    ),
    (
        "NO_COLOR, CLICOLOR, CLICOLOR_FORCE, TERM",
        "With --color auto: NO_COLOR, CLICOLOR=0 and TERM=dumb turn colour off, CLICOLOR_FORCE turns it on where the output is no terminal, NO_COLOR being the stronger.",
    ),
    ("SSL_CERT_FILE, SSL_CERT_DIR", "Certificates to trust in place of the system's."),
    (
        "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY",
        "The proxy of requests, in either case of letters. Under --emulator they play no part.",
    ),
    ("GATEWRIGHT_COMPLETE", "Set by the scripts of gatewright completions."),
];

const FILES: &[(&str, &str)] = &[
    ("gatewright.yaml", "The configuration, unless -f names another file."),
    (
        ".gatewright/",
        "Beside the configuration, readable by its owner alone and out of git: the lock, secrets/ with the client secrets of new apps, runs/ with the records that undo reads, emulator/ with emulated accounts.",
    ),
];

/// A man page and the name of its file.
pub(super) struct Page {
    pub(super) file: String,
    pub(super) text: Vec<u8>,
}

/// Returns the page of the program, then those of its commands.
pub(super) fn pages() -> io::Result<Vec<Page>> {
    let mut root = Cli::command().disable_help_subcommand(true);
    let mut pages = vec![page(root.clone(), true)?];
    // The global options reach the commands when the whole is built, and are explained on the page of the program.
    root.build();
    for command in root.get_subcommands() {
        let name = format!("{NAME}-{}", command.get_name());
        let usage = format!("{NAME} {}", command.get_name());
        let command = command.clone().display_name(name).bin_name(usage);
        let is_global = |argument: &Arg| argument.get_help_heading() == Some(GLOBAL_OPTIONS);
        let command = command.mut_args(|argument| if is_global(&argument) { argument.hide(true) } else { argument });
        pages.push(page(command, false)?);
    }
    Ok(pages)
}

fn page(command: Command, is_root: bool) -> io::Result<Page> {
    let examples = command.get_after_help().map(ToString::to_string);
    let version = env!("CARGO_PKG_VERSION");
    let man = Man::new(command.after_help("")).date("").source(format!("{NAME} {version}")).manual("gatewright manual");
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    let mut rest = Roff::new();
    if is_root {
        man.render_subcommands_section(&mut text)?;
        items(&mut rest, "EXIT STATUS", EXIT_STATUS);
        items(&mut rest, "ENVIRONMENT", ENVIRONMENT);
        items(&mut rest, "FILES", FILES);
    } else {
        rest.control("SH", ["GLOBAL OPTIONS"]);
        rest.text([
            roman("The global options, exit codes, variables and files are those of "),
            bold(NAME),
            roman("(1)."),
        ]);
        verbatim(&mut rest, examples.unwrap_or_default().trim());
        rest.control("SH", ["SEE ALSO"]);
        rest.text([bold(NAME), roman("(1)")]);
    }
    rest.to_writer(&mut text)?;
    Ok(Page { file: man.get_filename(), text })
}

fn items(roff: &mut Roff, heading: &str, items: &[(&str, &str)]) {
    roff.control("SH", [heading]);
    for (name, says) in items {
        roff.control("TP", []);
        roff.text([bold(*name)]);
        roff.text([roman(*says)]);
    }
}

/// Adds what stands below the options in the help, line by line; its first line is a heading where it ends in a colon.
fn verbatim(roff: &mut Roff, text: &str) {
    if text.is_empty() {
        return;
    }
    roff.control("SH", ["EXAMPLES"]);
    roff.control("nf", []);
    for line in text.lines().filter(|line| *line != "Examples:") {
        match line.is_empty() {
            true => roff.control("sp", []),
            false if line.starts_with(' ') => roff.text([roman(line)]),
            false => roff.text([italic(line)]),
        };
    }
    roff.control("fi", []);
}
