//! One API behind its policies, whatever kind of file says so.

use super::{
    answer::{GatewayAnswer, GatewayRequest, Passed},
    enforce::Surroundings,
    jwt_policy::JwtPolicy,
    rules::Rules,
};

/// One API with everything that is applied to it.
#[derive(Default)]
pub(super) struct Instance {
    /// Path under which the API is served; rules see what follows it. Empty or without a slash at its end.
    pub(super) base_path: String,
    /// The policies in the order they run.
    pub(super) policies: Vec<AppliedPolicy>,
    /// Routes of which one has to take the request; empty means that the file leaves routing to others.
    pub(super) routes: Vec<Rules>,
}

/// A JWT policy and the requests it applies to.
pub(super) struct AppliedPolicy {
    pub(super) policy: JwtPolicy,
    pub(super) rules: Rules,
}

impl Instance {
    /// Makes an API with one policy and no routing of its own.
    pub(super) fn protected_by(policy: AppliedPolicy) -> Self {
        Self { policies: vec![policy], ..Self::default() }
    }

    /// Answers a request to the API served under `key`.
    pub(super) fn answer(
        &self,
        key: &str,
        request: &GatewayRequest<'_>,
        surroundings: &Surroundings<'_>,
    ) -> GatewayAnswer {
        let Some(path) = self.route(request) else {
            return GatewayAnswer::no_route();
        };
        let mut passed = Passed::default();
        for AppliedPolicy { policy, rules } in &self.policies {
            // A request that no rule covers reaches the API without a token, as it does behind the real gateway.
            if rules.apply_to(request, path) {
                match policy.check(request, surroundings) {
                    Ok(last) => passed = last,
                    Err(refused) => return refused.into(),
                }
            }
        }
        GatewayAnswer::upstream(key, request, &passed)
    }

    /// Finds the path as rules see it, or none where no route takes the request.
    fn route<'r>(&self, request: &GatewayRequest<'r>) -> Option<&'r str> {
        let path = match request.path.strip_prefix(self.base_path.as_str())? {
            "" => "/",
            rest if rest.starts_with('/') => rest,
            _ => return None,
        };
        let taken = self.routes.is_empty() || self.routes.iter().any(|route| route.apply_to(request, path));
        taken.then_some(path)
    }
}
