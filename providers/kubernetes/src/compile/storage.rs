//! Storage becomes volumes that the accounts' namespaces claim.
//!
//! | in the strawman | objects |
//! |---|---|
//! | `nfs`, `cephfs` with `rootPath` | for each account a `PersistentVolume` `<facility>.<account>.<storage>` that is always retained, and a claim bound to it |
//! | `cephfs` | `StorageClass` `<facility>.<storage>`, and a claim on it for each account |
//! | `cvmfs` | the same, read only |
//! | `storageClass` | a claim on that class for each account |
//!
//! A `PersistentVolume` binds one claim, so what exists once and is shared is described once for each namespace. Such a
//! claim asks for [`NOMINAL`] bytes, because its size means nothing and must not eat the account's quota. `home` and
//! `data` mount the whole export; `project` is one folder for each account, so it mounts the folder of the account's
//! name. The secret that CephFS needs is the cluster's own and is only named.

use afctl_contract::codes::kubernetes as codes;
use afctl_contract::language::{Access, CephFs, Deletion, SecretRef, Storage, StorageRole, StorageSystem};
use afctl_contract::{Diagnostic, Path, Resource, path};
use serde_json::{Map, Value, json};

use super::{Output, Site, Tenant, names};
use crate::{kinds, quantity};

/// What a claim asks for whose size means nothing.
pub const NOMINAL: u64 = 1_000_000;

/// Where an account's volume comes from.
pub enum Source {
    /// It exists.
    Exists {
        /// Its CSI source, all but the handle and the folder.
        csi: Value,
        /// Path in it, where the driver takes one.
        root: Option<String>,
    },
    /// A class makes it.
    Class {
        /// The class.
        name: String,
        /// Whether afctl makes the class.
        ours: bool,
    },
    /// A class gives it; its size means nothing.
    Shared(String),
}

/// Storage that accounts claim.
pub struct Volume<'a> {
    /// Its name.
    pub name: &'a str,
    /// What the strawman says.
    pub storage: &'a Storage,
    /// Its place.
    pub origin: Path,
    /// Which accounts may use it.
    pub admitted: Vec<bool>,
    /// Where volumes come from.
    pub source: Source,
    mount_options: Vec<String>,
}

/// What an account claims of one [`Volume`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Bytes.
    pub size: u64,
    /// The place that says so.
    pub from: Path,
    /// Whether it counts against the account's storage quota.
    pub charged: bool,
}

impl Volume<'_> {
    /// The class whose claims may be limited, if a class it is.
    pub fn class(&self) -> Option<&str> {
        match &self.source {
            Source::Class { name, .. } => Some(name),
            Source::Exists { .. } | Source::Shared(_) => None,
        }
    }

    fn is_project_or_data(&self) -> bool {
        matches!(self.storage.role, StorageRole::Project | StorageRole::Data)
    }

    fn access(&self) -> &'static str {
        let read_only =
            self.storage.role == StorageRole::Software || matches!(self.source, Source::Shared(_));
        let unsaid = if read_only { Access::ReadOnlyMany } else { Access::ReadWriteMany };
        match self.storage.access.unwrap_or(unsaid) {
            Access::ReadWriteOnce => "ReadWriteOnce",
            Access::ReadWriteMany => "ReadWriteMany",
            Access::ReadOnlyMany => "ReadOnlyMany",
        }
    }
}

/// Classes, and what can be claimed.
pub fn compile<'a>(site: &Site<'a>, out: &mut Output<'_>) -> Vec<Volume<'a>> {
    let mut volumes = Vec::new();
    let (mut unmounted, mut per_user) = (Vec::new(), Vec::new());
    for (name, storage) in site.spec.storage_at(site.name) {
        let origin = path!["spec", "storage", name];
        let mut mount_options = Vec::new();
        let source = match &storage.system {
            StorageSystem::Nfs(nfs) => {
                mount_options.clone_from(&nfs.mount_options);
                let attributes = json!({"server": nfs.server, "share": nfs.export});
                let csi = json!({"driver": "nfs.csi.k8s.io", "volumeAttributes": attributes});
                Some(Source::Exists { csi, root: None })
            }
            StorageSystem::CephFs(ceph) => ceph_fs(site, name, storage, ceph, &origin, out),
            StorageSystem::Cvmfs(_) => {
                let class = names::of_cluster(&site.owner, &[name]);
                let body = json!({"provisioner": "cvmfs.csi.cern.ch", "reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"});
                out.add(site.object(&kinds::STORAGE_CLASS, &class, &origin, body));
                Some(Source::Shared(class))
            }
            StorageSystem::StorageClass(class) => {
                Some(Source::Class { name: class.name.clone(), ours: false })
            }
            _ => None,
        };
        let Some(source) = source else {
            if !matches!(storage.system, StorageSystem::CephFs(_)) {
                unmounted.push((name.to_owned(), origin.join("system")));
            }
            continue;
        };
        if storage.quota_per_user.is_some() {
            per_user.push((name.to_owned(), origin.join("quotaPerUser")));
        }
        let admitted = site.tree.admitted(&storage.accounts);
        volumes.push(Volume { name, storage, origin, admitted, source, mount_options });
    }
    out.gathered(&unmounted, |names| {
        Diagnostic::new(
            &codes::STORAGE_NOT_MOUNTED,
            format!("afctl makes no volumes of {names} at site `{}`", site.name),
        )
    });
    out.gathered(&per_user, |names| {
        Diagnostic::new(
            &codes::USER_QUOTA_NOT_ENFORCED,
            format!("the quota of each user of {names} is not enforced at site `{}`", site.name),
        )
        .help("set it in the file system")
    });
    volumes
}

fn ceph_fs(
    site: &Site<'_>,
    name: &str,
    storage: &Storage,
    ceph: &CephFs,
    origin: &Path,
    out: &mut Output<'_>,
) -> Option<Source> {
    let at = origin.join("system").join("cephfs");
    let SecretRef::Kubernetes(secret) = &ceph.secret_ref else {
        out.findings.push(
            Diagnostic::new(
                &codes::SECRET_ELSEWHERE,
                format!("the key of `{name}` does not stand in the cluster of site `{}`", site.name),
            )
            .at(at.join("secretRef"))
            .help("write `secretRef: {kubernetes: NAMESPACE/NAME}`"),
        );
        return None;
    };
    let (namespace, secret) = secret.parts();
    let driver = ceph.driver.clone().unwrap_or_else(|| {
        if namespace == "rook-ceph" { "rook-ceph.cephfs.csi.ceph.com" } else { "cephfs.csi.ceph.com" }
            .to_owned()
    });
    let cluster = ceph.cluster_id.clone().unwrap_or_else(|| namespace.to_owned());
    if let Some(root) = &ceph.root_path {
        let attributes = json!({"fsName": ceph.fs_name, "clusterID": cluster, "staticVolume": "true"});
        let secret = json!({"name": secret, "namespace": namespace});
        let csi = json!({"driver": driver, "volumeAttributes": attributes, "nodeStageSecretRef": secret});
        return Some(Source::Exists { csi, root: Some(root.clone()) });
    }
    let mut parameters = Map::new();
    parameters.insert("clusterID".into(), cluster.into());
    parameters.insert("fsName".into(), ceph.fs_name.as_str().into());
    if let Some(pool) = &ceph.pool {
        parameters.insert("pool".into(), pool.as_str().into());
    }
    for user in ["provisioner", "controller-expand", "node-stage"] {
        parameters.insert(format!("csi.storage.k8s.io/{user}-secret-name"), secret.into());
        parameters.insert(format!("csi.storage.k8s.io/{user}-secret-namespace"), namespace.into());
    }
    let policy = match storage.deletion {
        Deletion::Retain => "Retain",
        Deletion::Delete => "Delete",
    };
    let class = names::of_cluster(&site.owner, &[name]);
    let body = json!({
        "provisioner": driver,
        "parameters": parameters,
        "reclaimPolicy": policy,
        "allowVolumeExpansion": true,
        "volumeBindingMode": "Immediate",
    });
    let object = site.object(&kinds::STORAGE_CLASS, &class, origin, body);
    out.add(
        object
            .field_from(path!["parameters"], at.clone())
            .field_from(path!["provisioner"], at.join("driver"))
            .field_from(path!["reclaimPolicy"], origin.join("deletion")),
    );
    Some(Source::Class { name: class, ours: true })
}

/// What an account claims of each volume.
pub fn claims_of(tenant: &Tenant<'_>, volumes: &[Volume<'_>]) -> Vec<Option<Claim>> {
    let quota = tenant.account.quota.as_ref().and_then(|quota| quota.storage);
    let is_charged = |volume: &Volume<'_>| {
        quota.is_some()
            && volume.admitted[tenant.at]
            && volume.class().is_some()
            && volume.is_project_or_data()
    };
    let share = volumes.iter().filter(|volume| is_charged(volume)).count() as u64;
    volumes
        .iter()
        .map(|volume| {
            if !volume.admitted[tenant.at] {
                return None;
            }
            if volume.class().is_none() {
                return Some(Claim { size: NOMINAL, from: volume.origin.clone(), charged: false });
            }
            if let (true, Some(quota)) = (is_charged(volume), quota) {
                let from = tenant.origin.join("quota").join("storage");
                return Some(Claim { size: quota.0 / share.max(1), from, charged: true });
            }
            let storage = volume.storage;
            let of_account = storage.quota_per_account.as_ref().and_then(|f| f.known());
            let (size, key) = of_account.map_or_else(
                || (storage.usable.as_ref().and_then(|f| f.known()), "usable"),
                |size| (Some(size), "quotaPerAccount"),
            );
            size.map(|size| Claim { size: size.0, from: volume.origin.join(key), charged: false })
        })
        .collect()
}

/// The volumes and claims of all accounts.
pub fn claims(site: &Site<'_>, volumes: &[Volume<'_>], out: &mut Output<'_>) {
    let (mut unsized_, mut divided) = (Vec::new(), Vec::new());
    for tenant in &site.tenants {
        for (volume, claim) in volumes.iter().zip(claims_of(tenant, volumes)) {
            match claim {
                None if volume.admitted[tenant.at] => {
                    unsized_.push((format!("{} for {}", volume.name, tenant.name), volume.origin.clone()));
                }
                None => {}
                Some(claim) if claim.size == 0 => divided.push((tenant.name.to_owned(), claim.from)),
                Some(claim) => claim_volume(site, tenant, volume, &claim, out),
            }
        }
    }
    out.gathered(&unsized_, |names| {
        Diagnostic::new(
            &codes::CLAIM_WITHOUT_SIZE,
            format!("no claim is made of {names}: nobody says how large"),
        )
        .help("give the storage `quotaPerAccount` or `usable`")
    });
    out.gathered(&divided, |names| {
        Diagnostic::new(&codes::CLAIMS_EXCEED_QUOTA, format!("the storage quota of {names} leaves nothing"))
    });
}

fn claim_volume(
    site: &Site<'_>,
    tenant: &Tenant<'_>,
    volume: &Volume<'_>,
    claim: &Claim,
    out: &mut Output<'_>,
) {
    let request = quantity::bytes(claim.size);
    let mut spec = json!({
        "accessModes": [volume.access()],
        "resources": {"requests": {"storage": request}},
    });
    let mut needed = None;
    match &volume.source {
        Source::Exists { csi, root } => {
            let csi = at_folder(csi.clone(), root.as_deref(), tenant, volume);
            let existing = existing_volume(site, tenant, volume, csi);
            spec["storageClassName"] = "".into();
            spec["volumeName"] = existing.address.name.as_str().into();
            needed = Some(existing.address.clone());
            out.add(existing);
        }
        Source::Class { name, ours } => {
            spec["storageClassName"] = name.as_str().into();
            needed = ours.then(|| site.address(&kinds::STORAGE_CLASS, None, name));
        }
        Source::Shared(name) => {
            spec["storageClassName"] = name.as_str().into();
            needed = Some(site.address(&kinds::STORAGE_CLASS, None, name)).or(needed);
        }
    }
    let name = names::in_namespace(volume.name);
    let object = site.in_namespace(
        tenant,
        &kinds::PERSISTENT_VOLUME_CLAIM,
        &name,
        &volume.origin,
        json!({"spec": spec}),
    );
    let mut object = object
        .field_from(path!["spec", "resources", "requests", "storage"], claim.from.clone())
        .field_from(path!["spec", "accessModes"], volume.origin.join("access"));
    if let Some(needed) = needed {
        object = object.needs(needed);
    }
    out.add(object);
}

/// The source with the folder that the account mounts.
fn at_folder(mut csi: Value, root: Option<&str>, tenant: &Tenant<'_>, volume: &Volume<'_>) -> Value {
    let folder = (volume.storage.role == StorageRole::Project).then_some(tenant.name);
    let attributes = &mut csi["volumeAttributes"];
    match (root, folder) {
        (Some(root), folder) => {
            let path = format!("{}/{}", root.trim_end_matches('/'), folder.unwrap_or(""));
            let path = if path == "/" { &path } else { path.trim_end_matches('/') };
            attributes["rootPath"] = path.into();
        }
        (None, Some(folder)) => attributes["subDir"] = folder.into(),
        (None, None) => {}
    }
    csi
}

fn existing_volume(site: &Site<'_>, tenant: &Tenant<'_>, volume: &Volume<'_>, mut csi: Value) -> Resource {
    let name = names::of_cluster(&site.owner, &[tenant.name, volume.name]);
    // The handle tells volumes apart on a node, so each has its own.
    csi["volumeHandle"] = name.as_str().into();
    if volume.access() == "ReadOnlyMany" {
        csi["readOnly"] = true.into();
    }
    let capacity = volume.storage.usable.as_ref().and_then(|f| f.known()).map_or(NOMINAL, |size| size.0);
    // It has no class, which a volume says by not naming one, and a claim by naming none: "".
    let mut spec = json!({
        "capacity": {"storage": quantity::bytes(capacity.max(NOMINAL))},
        "accessModes": [volume.access()],
        "persistentVolumeReclaimPolicy": "Retain",
        "csi": csi,
    });
    if !volume.mount_options.is_empty() {
        spec["mountOptions"] = json!(volume.mount_options);
    }
    let system = volume.origin.join("system");
    let mut resource = site.object(&kinds::PERSISTENT_VOLUME, &name, &volume.origin, json!({"spec": spec}));
    super::label(&mut resource, crate::labels::ACCOUNT, &crate::labels::label_value(tenant.name));
    resource
        .field_from(path!["spec", "csi"], system.clone())
        .field_from(
            path!["spec", "mountOptions"],
            system.join(volume.storage.system.name()).join("mountOptions"),
        )
        .field_from(path!["spec", "capacity"], volume.origin.join("usable"))
        .field_from(path!["spec", "accessModes"], volume.origin.join("access"))
}
