//! How large a world may be. Run with `cargo test --release -p afctl-contract --test world -- --ignored scale`.

use std::time::{Duration, Instant};

use afctl_contract::conformance::step;
use afctl_contract::world::World;
use afctl_contract::{Action, Driver, Resource};
use serde_json::json;

use crate::toy::{driver, owner, resource, token};

fn thing(number: usize) -> Resource {
    let labels =
        json!({"app.kubernetes.io/managed-by": "afctl", "afctl.dev/facility": "af", "afctl.dev/site": "s"});
    let spec = json!({"hard": {"requests.cpu": "64", "limits.cpu": "128", "requests.nvidia.com/gpu": "4",
        "requests.memory": "256Gi", "persistentvolumeclaims": "10"}, "labels": labels});
    resource(&format!("ResourceQuota/ns-{}/quota-{number}", number / 100), spec)
}

async fn fill(world: &World, from: usize, to: usize) -> Duration {
    let start = Instant::now();
    for number in from..to {
        if number % 100 == 0 {
            let namespace = resource(&format!("Namespace/ns-{}", number / 100), json!({}));
            driver(world).apply(&step(Action::Create, &namespace, None), &token("af")).await.unwrap();
        }
        driver(world).apply(&step(Action::Create, &thing(number), None), &token("af")).await.unwrap();
    }
    start.elapsed() / u32::try_from(to - from).unwrap()
}

async fn measure(world: World, count: usize) {
    let head = fill(&world, 0, 1000).await;
    fill(&world, 1000, count - 1000).await;
    let tail = fill(&world, count - 1000, count).await;
    let start = Instant::now();
    let inventory = driver(&world).observe(&owner("af"), &[]).await;
    let observe = start.elapsed();
    assert_eq!(inventory.observed.len(), count + count / 100);
    println!("{count} things: {head:?} a step at first, {tail:?} at last, {observe:?} to observe");
    assert!(tail < head * 5, "a step takes longer the more there is");
}

#[tokio::test]
#[ignore = "takes long; it is for release builds"]
async fn scale_in_memory() {
    measure(World::in_memory().unwrap(), 100_000).await;
}

#[tokio::test]
#[ignore = "takes long; it is for release builds"]
async fn scale_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    measure(World::open(folder.path().join("world.redb")).unwrap(), 10_000).await;
}
