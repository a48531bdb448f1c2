//! The protected APIs that the emulator serves: one a gateway policy.

use crate::emulator::{FileFormat, GatewayFile};
use crate::model::{DesiredState, FlexStyle, Gateway, MuleFormat};
use std::path::Path;

/// Names the policy files of a state, as they lie on disk below a folder.
pub(super) fn of(desired: &DesiredState, root: &Path) -> Vec<GatewayFile> {
    let file = |(key, policy): (&crate::model::EntryKey, &crate::model::Policy)| GatewayFile {
        key: key.as_str().to_owned(),
        path: root.join(&policy.output.value),
        format: format_of(&policy.gateway),
        contracts: None,
    };
    desired.policies.iter().map(file).collect()
}

const fn format_of(gateway: &Gateway) -> FileFormat {
    match gateway {
        Gateway::Mulesoft(mulesoft) => match mulesoft.format {
            MuleFormat::Configuration => FileFormat::MuleConfiguration,
            MuleFormat::Request => FileFormat::MuleRequest,
            MuleFormat::Offline => FileFormat::MuleOffline,
        },
        Gateway::Flex(flex) => match flex.style {
            FlexStyle::Binding | FlexStyle::Inline => FileFormat::FlexYaml,
        },
    }
}
