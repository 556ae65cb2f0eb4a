#!/usr/bin/env bash
# Known faults of the crates that go into Pismo, their licences and sources; see deny.toml.
. "$(dirname "$0")/env.sh"

.ci/install.sh deny
cargo deny --locked check
