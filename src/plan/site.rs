//! The plan of one site: what is made, changed, taken over, or withheld.

use afctl_contract::{
    Action, Address, Diagnostic, Graph, Management, Observed, Ownership, Reason, Resource, Step, Verdict,
    Withheld, WithheldKind,
};

use super::{Draft, Request, SiteInput, delete, origin};

/// Plans one site into `draft`; gives what was found on the way.
pub(super) fn plan_site(input: SiteInput<'_>, request: &Request<'_>, draft: &mut Draft) -> Vec<Diagnostic> {
    let graph = if request.destroy { Graph::default() } else { input.graph };
    // What somebody wants is no orphan, even when it cannot be planned now.
    draft.wanted.extend(graph.iter().map(|r| r.address.clone()));
    let resolved = input.backend.resolve(graph, &input.inventory);
    for withheld in resolved.withheld {
        draft.wanted.insert(withheld.address.clone());
        draft.withhold(withheld);
    }
    draft.wanted.extend(resolved.graph.iter().map(|r| r.address.clone()));

    let site = Site { backend: input.backend, inventory: &input.inventory, request };
    for resource in &resolved.graph {
        site.plan_resource(resource, draft);
    }
    delete::plan_deletions(&site, draft);
    delete::settle_record(&site, draft);
    resolved.findings
}

pub(super) struct Site<'a> {
    pub(super) backend: &'a dyn afctl_contract::Backend,
    pub(super) inventory: &'a afctl_contract::Inventory,
    pub(super) request: &'a Request<'a>,
}

impl Site<'_> {
    fn plan_resource(&self, resource: &Resource, draft: &mut Draft) {
        let address = &resource.address;
        if let Some(withheld) = self.obstacle(resource, draft) {
            draft.withhold(withheld);
            return;
        }
        let seen = self.inventory.observed.get(address);
        let Some(seen) = seen else {
            let reason = if self.inventory.recorded.contains(address) { Reason::Lost } else { Reason::New };
            self.add(draft, resource, None, Action::Create, reason, |step| step);
            return;
        };
        let ours = seen.ownership == Ownership::Ours;
        if !ours && resource.management == Management::Whole {
            if self.request.adopt.names(address) {
                let classified = self.backend.classify(seen, resource);
                self.add(draft, resource, Some(seen), Action::Adopt, Reason::Adopted, |step| Step {
                    fields: classified.fields,
                    ..step
                });
            } else {
                draft.withhold(self.not_ours(resource, seen));
            }
            return;
        }
        let classified = self.backend.classify(seen, resource);
        // Of a thing that stays somebody else's, fields that others have are taken over only by name, too.
        if resource.management == Management::Fields
            && classified.verdict != Verdict::Same
            && self.request.adopt.names(address)
        {
            self.add(draft, resource, Some(seen), Action::Adopt, Reason::Adopted, |step| Step {
                fields: classified.fields,
                ..step
            });
            return;
        }
        let reason = match &seen.applied {
            Some(applied) if *applied == self.backend.fingerprint(resource) => Reason::Drifted,
            Some(_) => Reason::Configured,
            None if ours => Reason::Drifted,
            None => Reason::New,
        };
        match classified.verdict {
            Verdict::Same => draft.unchanged += 1,
            Verdict::InPlace => {
                self.add(draft, resource, Some(seen), Action::Update, reason, |step| Step {
                    fields: classified.fields,
                    ..step
                });
            }
            Verdict::Disruptive(what) => {
                self.add(draft, resource, Some(seen), Action::Update, reason, |step| Step {
                    fields: classified.fields,
                    disruption: Some(what),
                    ..step
                });
            }
            Verdict::Replace(forced_by) => {
                if let Some(data) = seen.data.as_ref().filter(|_| !self.request.delete_data.names(address)) {
                    draft.withhold(Withheld {
                        address: address.clone(),
                        kind: WithheldKind::Held,
                        why: format!("it would have to be replaced, and it holds {data}"),
                        help: Some(format!("to lose that data, give --delete-data {address}")),
                        origin: origin(&resource.origin, self.request.sources),
                    });
                    return;
                }
                self.add(draft, resource, Some(seen), Action::Replace, reason, |step| Step {
                    fields: classified.fields,
                    forced_by,
                    ..step
                });
            }
            Verdict::Refused { why, do_instead } => draft.withhold(Withheld {
                address: address.clone(),
                kind: WithheldKind::Refused,
                why,
                help: Some(do_instead),
                origin: origin(&resource.origin, self.request.sources),
            }),
        }
    }

    /// Why a resource cannot be planned now, if so.
    fn obstacle(&self, resource: &Resource, draft: &Draft) -> Option<Withheld> {
        let address = &resource.address;
        let waiting = |why: String, help: Option<String>| Withheld {
            address: address.clone(),
            kind: WithheldKind::Waiting,
            why,
            help,
            origin: origin(&resource.origin, self.request.sources),
        };
        if let Some(problem) = self.inventory.unknown(&address.kind) {
            return Some(waiting(
                format!("it is not known whether it is there: {}", problem.message),
                problem.help.clone(),
            ));
        }
        if let Some(reason) = self.inventory.missing_kinds.get(&address.kind) {
            return Some(waiting(reason.clone(), None));
        }
        if let Some(needed) = resource.depends_on.iter().find(|needed| draft.blocked.contains_key(*needed)) {
            return Some(waiting(format!("it waits for {needed}"), None));
        }
        let seen = self.inventory.observed.get(address);
        if seen.is_none() && resource.management == Management::Fields {
            return Some(waiting(format!("{} {} is not there", address.kind, address.name), None));
        }
        if let Some(deleting) = seen.and_then(|seen| seen.deleting.as_ref()) {
            return Some(waiting(
                format!("it is still being deleted: {deleting}"),
                Some("run apply again when it is gone".to_owned()),
            ));
        }
        None
    }

    fn not_ours(&self, resource: &Resource, seen: &Observed) -> Withheld {
        let address = &resource.address;
        let whose = match &seen.ownership {
            Ownership::Other(who) => format!("it is there already and belongs to {who}"),
            _ => "it is there already and afctl did not make it".to_owned(),
        };
        Withheld {
            address: address.clone(),
            kind: WithheldKind::Refused,
            why: whose,
            help: Some(format!("to take it over as it is, give --adopt {}", short(address))),
            origin: origin(&resource.origin, self.request.sources),
        }
    }

    fn add(
        &self,
        draft: &mut Draft,
        resource: &Resource,
        seen: Option<&Observed>,
        action: Action,
        reason: Reason,
        finish: impl FnOnce(Step) -> Step,
    ) {
        let sources = self.request.sources;
        let id = draft.next_id();
        let after =
            resource.depends_on.iter().filter_map(|needed| draft.step_of.get(needed).copied()).collect();
        let mut step = finish(Step {
            id,
            action,
            address: resource.address.clone(),
            management: resource.management,
            reason,
            fields: Vec::new(),
            forced_by: Vec::new(),
            disruption: None,
            desired: Some(resource.desired.clone()),
            requires: resource.depends_on.iter().cloned().collect(),
            after,
            stage: 0,
            handle: seen.map_or(serde_json::Value::Null, |seen| seen.handle.clone()),
            origin: origin(&resource.origin, sources),
            field_origins: resource
                .field_origins
                .iter()
                .map(|(field, path)| (field.clone(), origin(path, sources)))
                .collect(),
        });
        for field in &mut step.fields {
            if field.by.is_none() {
                field.by = seen.and_then(|seen| written_by(seen, &field.path));
            }
        }
        draft.based_on.insert(resource.address.clone(), seen.map(|seen| seen.digest.clone()));
        draft.step_of.insert(resource.address.clone(), id);
        draft.steps.push(step);
    }
}

/// Who wrote a field last, where it was not us.
fn written_by(seen: &Observed, field: &afctl_contract::Path) -> Option<String> {
    seen.others
        .iter()
        .filter(|(path, _)| field.is_within(path) || path.is_within(field))
        .max_by_key(|(path, _)| path.segments().len())
        .map(|(_, who)| who.clone())
}

/// The end of an address that a flag takes.
fn short(address: &Address) -> String {
    match &address.namespace {
        Some(namespace) => format!("{}/{namespace}/{}", address.kind, address.name),
        None => format!("{}/{}", address.kind, address.name),
    }
}
