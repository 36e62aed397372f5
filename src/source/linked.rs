//! Which service starts which definition.

use super::{Found, Runs, Service};

/// A definition, and the service that starts it, if one does. `F` tells the document of each.
#[derive(Debug, Clone)]
pub struct Started<F> {
    /// The document that holds the definition.
    pub of: F,
    /// The definition, which knows of its service what its own plan turns on.
    pub found: Found,
    /// The service.
    pub service: Option<Service>,
}

/// Each definition once for every service that starts it, and the services that start none of them. A logical
/// id is one of its own document; a family is one everywhere. One service that does not say what it starts
/// goes with one definition.
pub fn linked<F: Clone + PartialEq>(
    found: &[(F, Found)],
    services: &[(F, Service)],
) -> (Vec<Started<F>>, Vec<Service>) {
    let is_only = found.len() == 1 && services.len() == 1;
    let starts = |(of, service): &(F, Service), (own, found): &(F, Found)| match service.runs {
        Runs::Untold => is_only,
        Runs::Here(_) if of != own => false,
        _ => service.starts(&found.name, found.definition.family.as_deref()),
    };
    let mut started = Vec::new();
    for one @ (of, found) in found {
        let own: Vec<&Service> =
            services.iter().filter(|service| starts(service, one)).map(|(_, service)| service).collect();
        let with = |service: Option<&Service>| {
            let mut found = found.clone();
            if let Some(service) = service {
                found.plan.launch_type.clone_from(&service.launch_type);
                found.plan.network.clone_from(&service.network_open);
                if own.len() > 1 {
                    found.name = format!("{}, service {}", found.name, service.name);
                }
            }
            Started { of: of.clone(), found, service: service.cloned() }
        };
        if own.is_empty() {
            started.push(with(None));
        } else {
            started.extend(own.iter().map(|service| with(Some(service))));
        }
    }
    let is_alone = |service: &&(F, Service)| !found.iter().any(|one| starts(service, one));
    (started, services.iter().filter(is_alone).map(|(_, service)| service.clone()).collect())
}
