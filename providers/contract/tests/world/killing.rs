//! A process that is killed loses nothing that was acknowledged, and two processes share one world.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use afctl_contract::conformance::step;
use afctl_contract::world::World;
use afctl_contract::{Action, Driver, Resource};
use serde_json::json;

use crate::toy::{driver, owner, resource, token};

const FILE: &str = "AFCTL_TEST_WORLD";

fn thing(name: &str, number: usize) -> Resource {
    resource(&format!("Quota/ns/{name}-{number}"), json!({"cpu": number, "text": "x".repeat(200)}))
}

async fn create(world: &World, resource: &Resource) {
    driver(world).apply(&step(Action::Create, resource, None), &token("af")).await.unwrap();
}

/// Not a test: what the others start as a process of its own. Writes for ever, and says after each write that it is done.
#[tokio::test]
#[ignore = "started by other tests"]
async fn writer() {
    let Ok(path) = std::env::var(FILE) else { return };
    let world = World::open(path).unwrap();
    for number in 0.. {
        create(&world, &thing("theirs", number)).await;
        eprintln!("done {number}");
    }
}

fn start(path: &Path) -> (Child, impl Iterator<Item = usize>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["killing::writer", "--exact", "--ignored", "--nocapture"])
        .env(FILE, path)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let numbers = lines.map_while(Result::ok).filter_map(|line| line.strip_prefix("done ")?.parse().ok());
    (child, numbers)
}

async fn prepared(path: &Path) -> World {
    let world = World::open(path).unwrap();
    create(&world, &resource("Namespace/ns", json!({}))).await;
    world
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    for rounds in [1_usize, 2, 9, 40] {
        let path = folder.path().join(format!("{rounds}/world.redb"));
        drop(prepared(&path).await);
        let (mut child, mut acknowledged) = start(&path);
        let last = acknowledged.nth(rounds).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        // What it said before it died counts, too.
        let last = acknowledged.last().unwrap_or(last);
        let world = World::open(&path).unwrap();
        let inventory = driver(&world).observe(&owner("af"), &[]).await;
        assert!(inventory.problems.is_empty());
        let count = inventory.observed.len() - 1;
        assert!(count == last + 1 || count == last + 2, "{count} things, {last} was acknowledged");
        for number in 0..count {
            let wanted = thing("theirs", number);
            assert_eq!(inventory.observed[&wanted.address].live, wanted.desired, "torn");
        }
        // Whoever comes next goes on where it was.
        create(&world, &thing("theirs", count)).await;
    }
}

#[tokio::test]
async fn two_processes_share_one_world() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("world.redb");
    let world = prepared(&path).await;
    let (mut child, mut acknowledged) = start(&path);
    assert_eq!(acknowledged.next(), Some(0));
    for number in 0..20 {
        create(&world, &thing("ours", number)).await;
    }
    let theirs = acknowledged.next().unwrap();
    let inventory = driver(&world).observe(&owner("af"), &[]).await;
    assert!(inventory.observed.contains_key(&thing("theirs", theirs).address));
    assert!(inventory.observed.contains_key(&thing("ours", 19).address));
    child.kill().unwrap();
    child.wait().unwrap();
    create(&world, &thing("ours", 20)).await;
}

#[test]
fn what_cannot_be_opened_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("not-a-world");
    std::fs::write(&path, "text").unwrap();
    let error = World::open(&path).unwrap_err().to_string();
    assert!(error.contains("not-a-world"), "{error}");
}
