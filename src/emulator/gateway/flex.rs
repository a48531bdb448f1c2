//! Flex Gateway's local-mode YAML: an `ApiInstance` with policies inside it or bound to it.

use serde_json::Value;
use url::Url;

use super::{
    document::from_yaml,
    error::FileError,
    fields::{Fields, wrong_type},
    flex_policy::{
        DEFAULT_NAMESPACE, Name, ShippedPolicy, read_jwt, read_name, read_policy_ref, read_rules, refuse_variables,
    },
    instance::{AppliedPolicy, Instance},
    rules::Rules,
};

/// Source: declarative configuration reference; the version of every resource.
const API_VERSION: &str = "gateway.mulesoft.com/v1alpha1";

/// Order of a binding that does not say one.
const DEFAULT_ORDER: i64 = 50;

/// Reads a file of one API instance.
///
/// A file of bindings alone is read too: the instance is then another file's and its base path unknown here, so that
/// rules see the whole path.
pub(super) fn read(text: &str) -> Result<Instance, FileError> {
    let documents = from_yaml(text)?;
    let mut file = Resources::default();
    for (place, document) in documents.iter().enumerate() {
        file.add(document, &format!("document {}", place + 1))?;
    }
    file.into_instance()
}

/// The resources of one file.
#[derive(Default)]
struct Resources {
    instance: Option<(Name, Instance)>,
    services: Vec<Name>,
    bindings: Vec<Binding>,
}

/// A `PolicyBinding`.
struct Binding {
    at: String,
    target: Name,
    order: i64,
    policy: BoundPolicy,
}

enum BoundPolicy {
    Jwt(Box<AppliedPolicy>),
    Route { rules: Rules, service: Name },
}

impl Resources {
    fn add(&mut self, document: &Value, at: &str) -> Result<(), FileError> {
        let mut fields = Fields::of(document, at)?;
        let version = fields.required_text("apiVersion")?;
        if version != API_VERSION {
            return Err(FileError::refused(fields.path("apiVersion"), format!("`{version}` is not {API_VERSION}")));
        }
        let kind = fields.required_text("kind")?;
        let name = read_metadata(fields.required_object("metadata")?)?;
        let spec = fields.required_object("spec")?;
        match kind {
            "ApiInstance" if self.instance.is_some() => {
                return Err(FileError::unsupported(fields.path("kind"), "a second ApiInstance"));
            }
            "ApiInstance" => {
                let instance = read_instance(spec, &name)?;
                self.instance = Some((name, instance));
            }
            "PolicyBinding" => self.bindings.push(read_binding(spec, &name, at)?),
            "Service" => {
                read_service(spec)?;
                self.services.push(name);
            }
            other => {
                return Err(FileError::unsupported(fields.path("kind"), format!("a resource of kind `{other}`")));
            }
        }
        fields.finish()
    }

    fn into_instance(self) -> Result<Instance, FileError> {
        let Self { instance, services, mut bindings } = self;
        let elsewhere = instance.is_none();
        let (name, mut instance) = match (instance, bindings.first()) {
            (Some(found), _) => found,
            (None, Some(binding)) => (binding.target.clone(), Instance::default()),
            (None, None) => {
                return Err(FileError::refused("file", "it holds neither an ApiInstance nor a PolicyBinding"));
            }
        };
        bindings.sort_by_key(|binding| binding.order);
        for Binding { at, target, order: _, policy } in bindings {
            if target != name {
                let reason = format!("it is bound to {target}, which is not the instance of this file ({name})");
                return Err(FileError::refused(at, reason));
            }
            match policy {
                BoundPolicy::Jwt(policy) => instance.policies.push(*policy),
                BoundPolicy::Route { service, .. } if !elsewhere && !services.contains(&service) => {
                    return Err(FileError::refused(at, format!("there is no Service {service} in this file")));
                }
                BoundPolicy::Route { rules, .. } => instance.routes.push(rules),
            }
        }
        if instance.policies.is_empty() {
            return Err(FileError::refused("file", "no JWT policy is applied to the instance"));
        }
        Ok(instance)
    }
}

fn read_metadata(mut fields: Fields<'_>) -> Result<Name, FileError> {
    let name = read_name(&mut fields, DEFAULT_NAMESPACE)?;
    if let Some(labels) = fields.any("labels") {
        let at = fields.path("labels");
        let Value::Object(labels) = labels else {
            return Err(wrong_type(at, "an object", labels));
        };
        if let Some((key, value)) = labels.iter().find(|(_, value)| !value.is_string()) {
            return Err(wrong_type(format!("{at}.{key}"), "a string", value));
        }
    }
    fields.finish()?;
    Ok(name)
}

fn read_instance(mut spec: Fields<'_>, name: &Name) -> Result<Instance, FileError> {
    let address = read_address(&mut spec)?;
    let mut instance = Instance {
        base_path: address.path().trim_end_matches('/').to_owned(),
        policies: Vec::new(),
        routes: Vec::new(),
    };
    if let Some(services) = spec.any("services") {
        let at = spec.path("services");
        let Value::Object(services) = services else {
            return Err(wrong_type(at, "an object", services));
        };
        for (service, value) in services {
            let fields = Fields::of(value, format!("{at}.{service}"))?;
            instance.routes.extend(read_inline_service(fields)?);
        }
    }
    let at = spec.path("policies");
    for (place, item) in spec.list("policies")?.iter().enumerate() {
        let fields = Fields::of(item, format!("{at}[{place}]"))?;
        instance.policies.push(read_inline_policy(fields, name)?);
    }
    spec.finish()?;
    Ok(instance)
}

fn read_address(fields: &mut Fields<'_>) -> Result<Url, FileError> {
    let written = fields.required_text("address")?;
    match Url::parse(written) {
        Ok(url)
            if matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.query().is_none()
                && url.fragment().is_none() =>
        {
            Ok(url)
        }
        _ => {
            let reason = format!("`{written}` is not of the form http(s)://host:port[/base]");
            Err(FileError::refused(fields.path("address"), reason))
        }
    }
}

/// Returns the rules of the service's routes; one without routes takes every request.
fn read_inline_service(mut fields: Fields<'_>) -> Result<Vec<Rules>, FileError> {
    read_address(&mut fields)?;
    let at = fields.path("routes");
    let mut routes = Vec::new();
    for (place, item) in fields.list("routes")?.iter().enumerate() {
        let mut route = Fields::of(item, format!("{at}[{place}]"))?;
        routes.push(read_rules(&mut route)?);
        if let Some(config) = route.any("config") {
            refuse_variables(config, &route.path("config"))?;
            let mut config = Fields::of(config, route.path("config"))?;
            config.text("destinationPath")?;
            config.finish()?;
        }
        route.finish()?;
    }
    fields.finish()?;
    if routes.is_empty() {
        routes.push(Rules::everything());
    }
    Ok(routes)
}

fn read_service(mut spec: Fields<'_>) -> Result<(), FileError> {
    read_address(&mut spec)?;
    spec.finish()
}

fn read_inline_policy(mut fields: Fields<'_>, instance: &Name) -> Result<AppliedPolicy, FileError> {
    let policy = read_policy_ref(&mut fields, &instance.namespace)?;
    if policy != ShippedPolicy::Jwt {
        return Err(FileError::refused(fields.path("policyRef"), "routes of an inline instance stand in its services"));
    }
    let applied = read_jwt(&mut fields)?;
    fields.finish()?;
    Ok(applied)
}

fn read_binding(mut spec: Fields<'_>, name: &Name, at: &str) -> Result<Binding, FileError> {
    let mut target_fields = spec.required_object("targetRef")?;
    match target_fields.text("kind")? {
        None | Some("ApiInstance") => {}
        Some(other) => {
            let at = target_fields.path("kind");
            return Err(FileError::unsupported(at, format!("a target of kind `{other}`")));
        }
    }
    let target = read_name(&mut target_fields, &name.namespace)?;
    target_fields.finish()?;
    let order = match spec.any("order") {
        None => DEFAULT_ORDER,
        Some(value) => value.as_i64().ok_or_else(|| wrong_type(spec.path("order"), "a whole number", value))?,
    };
    let policy = match read_policy_ref(&mut spec, &name.namespace)? {
        ShippedPolicy::Jwt => BoundPolicy::Jwt(Box::new(read_jwt(&mut spec)?)),
        ShippedPolicy::Route => read_route(&mut spec, name)?,
    };
    spec.finish()?;
    Ok(Binding { at: at.to_owned(), target, order, policy })
}

fn read_route(spec: &mut Fields<'_>, binding: &Name) -> Result<BoundPolicy, FileError> {
    let mut config = spec.required_object("config")?;
    let mut destination = config.required_object("destinationRef")?;
    let service = read_name(&mut destination, &binding.namespace)?;
    destination.finish()?;
    config.finish()?;
    Ok(BoundPolicy::Route { rules: read_rules(spec)?, service })
}
