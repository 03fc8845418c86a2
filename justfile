# Chores. `just` lists them.

default:
    @just --list

# The fast tests: no live drivers, no control plane
fast:
    cargo test --workspace --no-default-features

# Everything, on real backends; what CI runs
test:
    cargo xtask test

# Formatting and lints
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

# Write generated files again: schema, CRD, codes
update:
    UPDATE=1 cargo test --workspace --no-default-features

# Apply the quick start to the sandbox
quickstart:
    cargo run --no-default-features -- apply --sandbox --yes examples/quickstart.yaml

# Licences and advisories of dependencies
deny:
    cargo deny check

# A real control plane to play with
testbed nodes="100":
    cargo xtask testbed up --kueue --nodes {{nodes}}
