//! The world keeps the promises that every backend must keep.

use std::sync::Arc;

use afctl_contract::conformance::{Fault, Fixture, Kept, run_all};
use afctl_contract::inventory::Owner;
use afctl_contract::world::{Effect, On, Rule, World};
use afctl_contract::{Address, Backend, Driver, Path, Resource, path};
use async_trait::async_trait;
use serde_json::json;

use crate::toy::{Toy, node, owner, resource};

struct Sandbox(World);

#[async_trait]
impl Fixture for Sandbox {
    fn backend(&self) -> &dyn Backend {
        &Toy
    }
    fn owners(&self) -> [Owner; 2] {
        [owner("af"), owner("other")]
    }
    async fn driver(&self, owner: &Owner) -> Result<Arc<dyn Driver>, String> {
        Ok(Arc::new(self.0.driver(&owner.site, &Toy, "sandbox")))
    }
    fn resources(&self, set: &str) -> Vec<Resource> {
        let namespace = resource(&format!("Namespace/{set}"), json!({}));
        let flavor = resource(&format!("Flavor.kueue.x-k8s.io/{set}"), json!({"cores": 64}));
        let quota = resource(&format!("Quota/{set}/quota"), json!({"cpu": 8, "flavors": [{"name": set}]}))
            .needs(namespace.address.clone())
            .needs(flavor.address.clone());
        vec![namespace, flavor, quota]
    }
    fn changed(&self, resource: &Resource) -> Resource {
        let mut changed = resource.clone();
        changed.desired["spec"]["cpu"] = json!(16);
        changed
    }
    fn invalid(&self, set: &str) -> Option<(Resource, Path)> {
        let mut wrong = self.resources(set).pop()?;
        wrong.desired["metadata"]["name"] = json!("otherwise");
        Some((wrong, path!["metadata", "name"]))
    }
    async fn fields(&self, _: &str) -> Result<Option<Resource>, String> {
        self.0.give([node("s")]).map_err(|e| e.to_string())?;
        Ok(Some(resource("Node/n1", json!({"pool": "gpu"}))))
    }
    async fn drift(&self, resource: &Resource) -> Result<(), String> {
        let field = path!["spec", "cpu"];
        self.0.drift(&resource.address, &field, json!(1), "eve").map(|_| ()).map_err(|e| e.to_string())
    }
    async fn embellish(&self, resource: &Resource) -> Result<bool, String> {
        let field = path!["metadata", "annotations", "seen"];
        self.0.drift(&resource.address, &field, json!("yes"), "eve").map_err(|e| e.to_string())
    }
    async fn delete(&self, address: &Address) -> Result<(), String> {
        self.0.delete(address, "eve").map_err(|e| e.to_string())
    }
    async fn foreign(&self, resource: &Resource) -> Result<(), String> {
        self.0.foreign(&resource.address, resource.desired.clone(), None).map_err(|e| e.to_string())
    }
    async fn fail(&self, _: &Arc<dyn Driver>, fault: Fault) -> Result<bool, String> {
        let rule = match fault {
            Fault::Throttled => Rule::new(On::Write, Effect::Throttled(Some(1))),
            Fault::CutBefore => Rule::new(On::Write, Effect::CutBefore),
            Fault::CutAfter => Rule::new(On::Write, Effect::CutAfter),
            Fault::Hidden(kind) => Rule::new(On::Observe, Effect::Incomplete("hidden".into())).kind(kind),
        };
        self.0.fail(rule).map(|_| true).map_err(|e| e.to_string())
    }
}

#[tokio::test(start_paused = true)]
async fn the_world_keeps_every_promise() {
    let world = World::in_memory().unwrap();
    let report = run_all(&Sandbox(world.clone())).await;
    assert!(report.is_kept(), "{report}");
    assert!(report.untried().is_empty(), "{report}");
    // Every check cleared up; namespaces that are still going go with the next operations.
    for _ in 0..3 {
        world.driver("s", &Toy, "sandbox").observe(&owner("af"), &[]).await;
    }
    let left: Vec<_> = world.addresses().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(left, ["s/kubernetes/Node/n1"]);
}

/// A driver that forgets to check anything is found out.
#[tokio::test(start_paused = true)]
async fn a_promise_that_is_broken_is_named() {
    struct Careless(Sandbox);
    #[async_trait]
    impl Fixture for Careless {
        fn backend(&self) -> &dyn Backend {
            &Toy
        }
        fn owners(&self) -> [Owner; 2] {
            // One facility twice: it sees itself.
            [owner("af"), owner("af")]
        }
        async fn driver(&self, owner: &Owner) -> Result<Arc<dyn Driver>, String> {
            self.0.driver(owner).await
        }
        fn resources(&self, set: &str) -> Vec<Resource> {
            self.0.resources(set)
        }
        fn changed(&self, resource: &Resource) -> Resource {
            self.0.changed(resource)
        }
        async fn drift(&self, _: &Resource) -> Result<(), String> {
            Ok(())
        }
        async fn delete(&self, address: &Address) -> Result<(), String> {
            self.0.delete(address).await
        }
        async fn foreign(&self, resource: &Resource) -> Result<(), String> {
            self.0.foreign(resource).await
        }
    }
    let report = run_all(&Careless(Sandbox(World::in_memory().unwrap()))).await;
    let broken: Vec<_> = report.0.iter().filter(|(_, r)| r.is_err()).map(|(name, _)| *name).collect();
    assert_eq!(
        broken,
        ["drift_is_seen_and_undone", "facilities_do_not_see_each_other", "a_stale_update_is_refused"]
    );
    let untried = report.0.iter().filter(|(_, r)| matches!(r, Ok(Kept::Untried(_)))).count();
    assert_eq!(untried, 7, "{report}");
    assert!(report.to_string().contains("BROKEN   drift is seen and undone"));
}
