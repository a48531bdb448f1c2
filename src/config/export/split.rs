//! The account over several files: one per API, and the root file that includes them.

use super::apps;
use super::document::{Names, Page, export};
use super::servers::{self, Servers};
use crate::model::{EntryKey, LiveState, Tenant};

/// The folder of the files that the root file includes.
pub const FOLDER: &str = "apis";
/// The file that includes them.
pub const ROOT: &str = "gatewright.yaml";
/// Names that Windows keeps for devices, whatever ends they have.
const DEVICES: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "lpt1", "lpt2",
    "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// One file of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedFile {
    /// The path, relative to the folder of the root file, with `/`.
    pub path: String,
    /// The text.
    pub contents: String,
}

/// Writes what [`export`] writes, with a file for each authorization server; the root file comes last.
///
/// The root file takes in whatever lies in the folder of the others, so that one has to be empty before.
pub fn export_split(live: &LiveState, tenant: &Tenant) -> Vec<ExportedFile> {
    let names = Names::new(live);
    let servers = Servers::new(live, &names);
    let mut files: Vec<ExportedFile> = servers
        .all()
        .map(|(key, server)| {
            let mut page = Page::default();
            page.line(0, "authorization_servers:");
            servers.write_one(&mut page, key, server);
            ExportedFile { path: path(key), contents: page.into_text() }
        })
        .collect();
    let contents = if files.is_empty() { export(live, tenant) } else { root(live, tenant, &names) };
    files.push(ExportedFile { path: ROOT.to_owned(), contents });
    files
}

fn root(live: &LiveState, tenant: &Tenant, names: &Names) -> String {
    let mut page = Page::default();
    page.head(live, tenant, "a plan of this file and those it includes is empty");
    page.section(&format!("include: [{FOLDER}/*.yaml]"));
    for server in servers::left_out(live, names) {
        page.comment(0, &format!("authorization server {server}"));
    }
    page.roles(live, names);
    apps::write(&mut page, live, names);
    page.into_text()
}

fn path(key: &EntryKey) -> String {
    let end = if DEVICES.contains(&key.as_str()) { "_.yaml" } else { ".yaml" };
    format!("{FOLDER}/{key}{end}")
}

#[cfg(test)]
mod tests {
    use super::path;
    use crate::model::EntryKey;

    #[test]
    fn a_file_is_no_device() {
        assert_eq!(path(&EntryKey::new("contacts")), "apis/contacts.yaml");
        assert_eq!(path(&EntryKey::new("nul")), "apis/nul_.yaml");
    }
}
