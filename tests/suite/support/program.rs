//! Runs the built program in a folder of its own, and looks for secrets in whatever comes out of it.

use super::Emulator;
use super::canary::{self, Canaries};
use super::scrub::scrub;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Returns the root of the package.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What the name of a variable says about its value.
const SECRET_WORDS: &[&str] = &["SECRET", "PASSWORD", "TOKEN"];

/// Variables that are called like secrets and hold none.
const NO_SECRETS: &[&str] = &["GATEWRIGHT_SECRETS_COMMAND"];

/// The program in a temporary folder, with an environment that holds nothing but what the test puts there.
///
/// Every secret it is given or makes is a canary: variables that are called like one, the client secrets in its sink, the
/// tokens of its emulator. None may show on stdout or stderr of any run, nor, when it is dropped, in any file below its
/// folder but the sink.
pub(crate) struct Program {
    folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
    sinks: Vec<PathBuf>,
    watch: Mutex<Watch>,
}

/// What is known of secrets, and what was said while some were not known yet.
#[derive(Default)]
struct Watch {
    canaries: Canaries,
    said: Vec<String>,
}

/// What a run said, and how it ended.
pub(crate) struct Run {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: i32,
}

impl Program {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, environment: Vec::new(), sinks: Vec::new(), watch: Mutex::default() }
    }

    /// A program whose account is a living emulator, with credentials that are canaries.
    pub(crate) fn on(emulator: &Emulator) -> Self {
        let mut program = Self::new();
        let (id, secret) = Emulator::CREDENTIALS;
        program.set("ONELOGIN_API_URL", emulator.url());
        program.set("ONELOGIN_CLIENT_ID", id);
        program.set("ONELOGIN_CLIENT_SECRET", secret);
        program.watch().canaries.guard_pair("API credentials", id, secret);
        program.guard("admin token", emulator.token());
        program
    }

    /// Returns the folder it runs in.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Sets a variable for all runs from now on; what is called like a secret is a canary.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(existing, _)| existing != name);
        self.environment.push((name.to_owned(), value.to_owned()));
        if SECRET_WORDS.iter().any(|word| name.contains(word)) && !NO_SECRETS.contains(&name) {
            self.guard(name, value);
        }
    }

    /// Takes a variable away for all runs from now on.
    pub(crate) fn unset(&mut self, name: &str) {
        self.environment.retain(|(existing, _)| existing != name);
    }

    /// Makes a canary of a secret.
    pub(crate) fn guard(&self, kind: &str, secret: &str) {
        self.watch().canaries.guard(kind, secret);
    }

    /// Says that a file of the folder may hold secrets.
    pub(crate) fn allow_secrets_in(&mut self, path: &str) {
        self.sinks.push(self.folder().join(path));
    }

    /// Writes a file into the folder.
    pub(crate) fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.folder().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Reads a file of the folder.
    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Returns the records of runs against real accounts, oldest first.
    pub(crate) fn runs(&self) -> Vec<PathBuf> {
        let list = |folder: &Path| -> Vec<PathBuf> {
            let listed = std::fs::read_dir(folder).into_iter().flatten();
            listed.map(|entry| entry.unwrap().path()).collect()
        };
        let mut runs: Vec<PathBuf> =
            list(&self.folder().join(".gatewright/runs")).iter().flat_map(|host| list(host)).collect();
        runs.sort_by(|one, other| one.file_stem().cmp(&other.file_stem()));
        runs
    }

    /// Runs a command line, words separated by blanks.
    pub(crate) fn run(&self, line: &str) -> Run {
        self.run_args(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// Prepares a run with these arguments, without a terminal.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        self.prepare(Command::new(env!("CARGO_BIN_EXE_gatewright")), args)
    }

    /// Prepares a run with these arguments under a shell's command, which limits it in some way.
    pub(crate) fn command_after(&self, shell: &str, args: &[&str]) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &format!("{shell}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_gatewright")]);
        self.prepare(command, args)
    }

    fn prepare(&self, mut command: Command, args: &[&str]) -> Command {
        command
            .args(args)
            .current_dir(self.folder())
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Runs the program with these arguments, without a terminal.
    pub(crate) fn run_args(&self, args: &[&str]) -> Run {
        self.output(self.command(args))
    }

    /// Runs what was prepared to its end.
    pub(crate) fn output(&self, mut command: Command) -> Run {
        let output = command.output().unwrap();
        let [stdout, stderr] = [output.stdout, output.stderr].map(|said| {
            let said = String::from_utf8(said).unwrap();
            self.heard(&said);
            scrub(&said, self.folder())
        });
        Run { stdout, stderr, code: output.status.code().expect("the program ends by itself") }
    }

    /// Looks for secrets in what a run said, raw.
    pub(super) fn heard(&self, said: &str) {
        let mut watch = self.watch();
        for path in canary::files(self.folder()).iter().filter(|path| self.is_sink(path)) {
            watch.canaries.learn(path);
        }
        if let Some(kind) = watch.canaries.find(said) {
            panic!("a run printed a secret: {kind}");
        }
        watch.said.push(said.to_owned());
    }

    /// The sink is where client secrets belong: below `secrets` of a workspace, or where the test says.
    fn is_sink(&self, path: &Path) -> bool {
        let below = path.strip_prefix(self.folder()).unwrap_or(path);
        let is_workspace = below.starts_with(".gatewright") && below.iter().any(|part| part == "secrets");
        is_workspace || self.sinks.iter().any(|sink| path == sink)
    }

    fn watch(&self) -> MutexGuard<'_, Watch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Program {
    /// Looks for secrets in everything that was left behind, and once more in everything that was said.
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let watch = self.watch();
        for path in canary::files(self.folder()).iter().filter(|path| !self.is_sink(path)) {
            let Ok(bytes) = std::fs::read(path) else { continue };
            if let Some(kind) = watch.canaries.find(&String::from_utf8_lossy(&bytes)) {
                panic!("{} holds a secret: {kind}", path.strip_prefix(self.folder()).unwrap_or(path).display());
            }
        }
        if let Some(kind) = watch.said.iter().find_map(|said| watch.canaries.find(said)) {
            panic!("a run printed a secret: {kind}");
        }
    }
}

impl Run {
    /// Returns stderr with the lines of one sentence put together again.
    pub(crate) fn sentences(&self) -> String {
        self.stderr.replace("\n    ", " ")
    }

    /// Returns stdout, stderr and the exit code as one block.
    pub(crate) fn block(&self) -> String {
        let Self { stdout, stderr, code } = self;
        let mut block = stdout.clone();
        if !stderr.is_empty() {
            block.push_str("--- stderr\n");
            block.push_str(stderr);
        }
        block.push_str(&format!("--- exit {code}\n"));
        block
    }
}

mod tests {
    use super::Program;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    /// Returns what the check says when a program is dropped, or when it hears something.
    fn finding(act: impl FnOnce(Program)) -> Option<String> {
        let panic = catch_unwind(AssertUnwindSafe(|| act(Program::new()))).err()?;
        panic.downcast_ref::<String>().cloned()
    }

    #[test]
    fn secrets_in_files_and_output_are_found_and_not_named() {
        let leak = |program: &mut Program| {
            program.set("PORTAL_SECRET", "a-secret-of-a-test");
            program.write("note", "it is a-secret-of-a-test");
        };
        assert_eq!(
            finding(|mut program| leak(&mut program)).as_deref(),
            Some("note holds a secret: PORTAL_SECRET"),
            "a file"
        );
        let allowed = finding(|mut program| {
            leak(&mut program);
            program.allow_secrets_in("note");
        });
        assert_eq!(allowed, None, "what the test allows");
        let sink = "{\"client_id\": \"x\", \"client_secret\": \"one-more-secret\"}";
        let said = finding(|program| {
            program.write(".gatewright/secrets/h/web.1.json", sink);
            program.heard("it is one-more-secret");
        });
        assert_eq!(said.as_deref(), Some("a run printed a secret: client secret"), "a sink teaches");
        let later = finding(|program| {
            program.heard("it is one-more-secret");
            program.guard("token", "one-more-secret");
        });
        assert_eq!(later.as_deref(), Some("a run printed a secret: token"), "what is known later");
    }
}
