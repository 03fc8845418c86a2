//! Accounts become namespaces with the rights of their members and a wall around them.
//!
//! | in the strawman | object |
//! |---|---|
//! | an account with users that may use the site | Namespace, with the Pod Security Standard of the site |
//! | `members.idpGroup`, `members.users` | `RoleBinding` `members` to the cluster role `edit` |
//! | `members.coordinators`, also of the accounts above | `RoleBinding` `coordinators` to `admin` |
//! | the same people, with Kueue | Role and `RoleBinding` `queues`: to see the account's queues and what waits in them |
//! | `networkPolicy: isolated` | `NetworkPolicy` `isolate`: in from the namespace itself and the facility's services |
//! | `networkPolicy: strict` | the same, and out to these, to DNS and to public addresses |

use afctl_contract::language::{NetworkPolicyStance, PodSecurity};
use afctl_contract::{Path, path};
use serde_json::{Value, json};

use super::{Output, Site, Tenant, label};
use crate::{kinds, labels};

/// Private networks, where the cluster's own addresses and the metadata services of clouds stand.
const PRIVATE_V4: [&str; 5] =
    ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"];
const PRIVATE_V6: [&str; 2] = ["fc00::/7", "fe80::/10"];

/// Namespaces, rights and walls of all accounts.
pub fn compile(site: &Site<'_>, out: &mut Output<'_>) {
    for tenant in &site.tenants {
        out.add(namespace(site, tenant));
        rights(site, tenant, out);
        if let Some(spec) = wall(site) {
            let origin = site.origin().join("networkPolicy");
            out.add(site.in_namespace(
                tenant,
                &kinds::NETWORK_POLICY,
                "isolate",
                &origin,
                json!({"spec": spec}),
            ));
        }
    }
}

fn namespace(site: &Site<'_>, tenant: &Tenant<'_>) -> afctl_contract::Resource {
    let level = match site.settings.pod_security {
        PodSecurity::Privileged => "privileged",
        PodSecurity::Baseline => "baseline",
        PodSecurity::Restricted => "restricted",
    };
    let mut namespace = site.object(&kinds::NAMESPACE, &tenant.namespace, &tenant.origin, json!({}));
    label(&mut namespace, labels::NAME, "account");
    label(&mut namespace, labels::ACCOUNT, &labels::label_value(tenant.name));
    for mode in ["enforce", "warn"] {
        let key = format!("pod-security.kubernetes.io/{mode}");
        label(&mut namespace, &key, level);
        namespace = namespace.field_from(path!["metadata", "labels", key], site.origin().join("podSecurity"));
    }
    namespace
}

/// A person or group as a subject of a binding.
fn subject(kind: &str, name: &str) -> Value {
    json!({"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name})
}

fn rights(site: &Site<'_>, tenant: &Tenant<'_>, out: &mut Output<'_>) {
    let prefix = |prefix: &Option<String>, name: &str| format!("{}{name}", prefix.as_deref().unwrap_or(""));
    let user = |name: &str| subject("User", &prefix(&site.settings.users_prefix, name));
    let members_at = tenant.origin.join("members");

    let mut members: Vec<(Value, Path)> = Vec::new();
    let add = |list: &mut Vec<(Value, Path)>, subject: Value, from: Path| {
        if !list.iter().any(|(other, _)| *other == subject) {
            list.push((subject, from));
        }
    };
    if let Some(listed) = &tenant.account.members {
        if let Some(group) = &listed.idp_group {
            let group = subject("Group", &prefix(&site.settings.groups_prefix, group));
            add(&mut members, group, members_at.join("idpGroup"));
        }
        for (i, name) in listed.users.iter().enumerate() {
            add(&mut members, user(name), members_at.join("users").join(i));
        }
    }
    let mut coordinators: Vec<(Value, Path)> = Vec::new();
    for entry in site.tree.lineage(tenant.at) {
        let listed = entry.account.members.iter().flat_map(|members| &members.coordinators);
        for (i, name) in listed.enumerate() {
            let from = path!["spec", "accounts", entry.name, "members", "coordinators", i];
            add(&mut coordinators, user(name), from);
        }
    }

    bind(site, tenant, "members", ("ClusterRole", "edit"), &members, out);
    bind(site, tenant, "coordinators", ("ClusterRole", "admin"), &coordinators, out);
    let mut everyone = members;
    for (subject, from) in coordinators {
        add(&mut everyone, subject, from);
    }
    if site.settings.kueue && !site.queues.is_empty() && !everyone.is_empty() {
        let rules = json!([{
            "apiGroups": ["kueue.x-k8s.io"],
            "resources": ["localqueues", "workloads"],
            "verbs": ["get", "list", "watch"],
        }]);
        out.add(site.in_namespace(
            tenant,
            &kinds::ROLE,
            "queues",
            &site.origin().join("kueue"),
            json!({"rules": rules}),
        ));
        bind(site, tenant, "queues", ("Role", "queues"), &everyone, out);
    }
}

fn bind(
    site: &Site<'_>,
    tenant: &Tenant<'_>,
    name: &str,
    role: (&str, &str),
    subjects: &[(Value, Path)],
    out: &mut Output<'_>,
) {
    if subjects.is_empty() {
        return;
    }
    let body = json!({
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": role.0, "name": role.1},
        "subjects": subjects.iter().map(|(subject, _)| subject).collect::<Vec<_>>(),
    });
    let origin = tenant.origin.join("members");
    let mut binding = site.in_namespace(tenant, &kinds::ROLE_BINDING, name, &origin, body);
    for (i, (_, from)) in subjects.iter().enumerate() {
        binding = binding.field_from(path!["subjects", i], from.clone());
    }
    if role.0 == "Role" {
        binding = binding.needs(site.address(&kinds::ROLE, Some(&tenant.namespace), role.1));
    }
    out.add(binding);
}

/// What the account's pods may be reached by and reach.
fn wall(site: &Site<'_>) -> Option<Value> {
    let strict = match site.settings.network_policy {
        NetworkPolicyStance::Open => return None,
        NetworkPolicyStance::Isolated => false,
        NetworkPolicyStance::Strict => true,
    };
    // The facility's services stand in namespaces that bear a role instead of an account.
    let friends = json!([
        {"podSelector": {}},
        {"namespaceSelector": {
            "matchLabels": {labels::FACILITY: labels::label_value(&site.owner.facility)},
            "matchExpressions": [{"key": labels::ROLE, "operator": "Exists"}],
        }},
    ]);
    let mut spec = json!({"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": friends}]});
    if strict {
        let dns = json!({
            "to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}],
            "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
        });
        let outside = json!({"to": [
            {"ipBlock": {"cidr": "0.0.0.0/0", "except": PRIVATE_V4}},
            {"ipBlock": {"cidr": "::/0", "except": PRIVATE_V6}},
        ]});
        spec["policyTypes"] = json!(["Ingress", "Egress"]);
        spec["egress"] = json!([{"to": friends}, dns, outside]);
    }
    Some(spec)
}
