//! The protected APIs of one emulator, by the key of their policy.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{PoisonError, RwLock},
};

use super::{
    answer::{GatewayAnswer, GatewayRequest, KeySource},
    enforce::Surroundings,
    error::FileError,
    flex,
    instance::Instance,
    mule,
};

/// Largest policy file that is read; chosen here, about a hundred times a real one.
const LARGEST_FILE_BYTES: u64 = 1 << 20;

/// How a policy file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    /// The bare `configurationData` object of API Manager.
    MuleConfiguration,
    /// The whole request that applies a policy through API Manager.
    MuleRequest,
    /// Mule 4's offline policy file.
    MuleOffline,
    /// Flex Gateway's local-mode YAML.
    FlexYaml,
}

/// One rendered policy file, served at `/gateway/<key>/…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayFile {
    /// Key of the policy.
    pub key: String,
    /// Where the file lies.
    pub path: PathBuf,
    /// How it is written.
    pub format: FileFormat,
    /// Client ids that have a contract with the API. None accepts every client id that is not empty; only asked for
    /// where the file does not skip the client check.
    pub contracts: Option<BTreeSet<String>>,
}

/// The policy files that are served. A file is read anew for every request, so that it is enforced as it lies on
/// disk at that moment.
#[derive(Debug, Default)]
pub struct Registry {
    files: RwLock<BTreeMap<String, GatewayFile>>,
}

impl Registry {
    /// Serves these files; of several with one key, the last.
    pub fn new(files: Vec<GatewayFile>) -> Self {
        let registry = Self::default();
        registry.replace(files);
        registry
    }

    /// Serves these files instead of the present ones.
    pub fn replace(&self, files: Vec<GatewayFile>) {
        let files = files.into_iter().map(|file| (file.key.clone(), file)).collect();
        *self.files.write().unwrap_or_else(PoisonError::into_inner) = files;
    }

    /// Returns the keys that are served, sorted.
    pub fn keys(&self) -> Vec<String> {
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        files.keys().cloned().collect()
    }

    /// Answers a request to the API of one policy.
    ///
    /// `request.path` is what follows `/gateway/<key>`; `now_unix` is in seconds.
    pub fn answer(
        &self,
        key: &str,
        request: &GatewayRequest<'_>,
        keys: &KeySource<'_>,
        now_unix: i64,
    ) -> GatewayAnswer {
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        let Some(file) = files.get(key).cloned() else {
            return GatewayAnswer::unknown_gateway(key);
        };
        drop(files);
        let surroundings = Surroundings { keys, contracts: file.contracts.as_ref(), now_unix };
        match file.load() {
            Ok(instance) => instance.answer(key, request, &surroundings),
            Err(error) => GatewayAnswer::not_configured(key, &error),
        }
    }
}

impl GatewayFile {
    fn load(&self) -> Result<Instance, FileError> {
        let text = read(&self.path)?;
        match self.format {
            FileFormat::MuleConfiguration => mule::read_configuration(&text),
            FileFormat::MuleRequest => mule::read_request(&text),
            FileFormat::MuleOffline => mule::read_offline(&text),
            FileFormat::FlexYaml => flex::read(&text),
        }
    }
}

fn read(path: &Path) -> Result<String, FileError> {
    let metadata = std::fs::metadata(path).map_err(FileError::Unreadable)?;
    if !metadata.is_file() {
        // Opening a pipe would wait for whoever writes to it.
        return Err(FileError::Unreadable(io::Error::other("it is not a regular file")));
    }
    let file = File::open(path).map_err(FileError::Unreadable)?;
    let mut text = String::new();
    let bounded = &mut file.take(LARGEST_FILE_BYTES + 1);
    let read = bounded.read_to_string(&mut text).map_err(FileError::Unreadable)?;
    if u64::try_from(read).is_ok_and(|read| read <= LARGEST_FILE_BYTES) {
        Ok(text)
    } else {
        Err(FileError::TooLarge { limit_bytes: LARGEST_FILE_BYTES })
    }
}

#[cfg(test)]
mod format_tests;
#[cfg(test)]
mod tests;
