# The commands of the house. `make demo` and `make test` need a Debian 12 machine with a Rust toolchain, nothing else.

benches := bench-api bench-campaign bench-corpora bench-duplicates bench-dead bench-inspect bench-jail bench-money bench-pack bench-previews bench-queue bench-readers bench-region bench-render bench-replica bench-review bench-scale bench-search bench-upload

.PHONY: demo test bench deb try-deb try-otlp manifests sbom $(benches) chaos chaos-deploys chaos-machines chaos-money chaos-packs chaos-puts chaos-search deny fuzz fuzz-api load openapi sqlx packs setup build fmt lint clean-demo

demo: setup ## builds, starts the embedded daemon in .demo/, puts sample packs through it, opens the terminal
	@make/demo

test: setup packs ## builds and runs every test
	@make/test

bench: setup packs ## measures what docs/BENCHMARKS.md reports, in release
	@make/bench

$(benches): bench-%: setup packs ## one benchmark; the top of make/bench describes each
	@make/bench $*

chaos: setup ## kills workers and crashes PostgreSQL under load, and counts what was lost or done twice
	@make/chaos

chaos-money: setup ## buys through a payment server that misbehaves, kills daemon and PostgreSQL, compares the books line by line
	@make/chaos-money

chaos-machines: setup ## as root: kills, freezes and cuts off machines on one database behind nginx, and counts orders
	@make/chaos machines

chaos-packs: setup ## kills the daemon and crashes its PostgreSQL while packs are processed, counts files, rows and objects
	@make/chaos packs

chaos-deploys: setup ## rolls 20 versions over two machines behind nginx under load, then three that do not work, and counts what failed
	@make/chaos deploys

chaos-puts: setup ## races good and bad PUTs of the same upload, 1,000 rounds
	@make/chaos puts

chaos-search: setup ## changes and withdraws items, kills the daemon, compares the search index with the truth
	@make/chaos search

setup: ## installs the Debian packages that are missing
	@make/setup

load: setup ## lets 200 users of Locust browse, search, keep favourites and upload for 5 minutes, and counts what failed
	@make/load

packs: ## installs the icon and illustration sets that tests and demo use, from npm, where there is one
	@make/packs

deny: setup ## checks licences, banned crates and sources of the dependencies by deny.toml
	@make/deny

fuzz: setup ## fuzzes what sees hostile bytes, a minute each; the corpus is kept
	@make/fuzz

fuzz-api: setup ## sends 20,000 generated requests to the public API, as each role
	@make/fuzz-api

openapi: ## lints the OpenAPI document
	@make/openapi

sqlx: setup ## prepares .sqlx/ from the migrations and the statements in the code
	@make/sqlx

deb: ## makes the Debian package in target/deb/
	@make/deb

manifests: ## judges Dockerfile, compose, Kubernetes, CloudFormation and workflow by their own programs
	@make/manifests

sbom: ## prints the bill of materials (CycloneDX)
	@make/sbom

try-deb: build ## installs, upgrades, downgrades, removes and purges the package in a Debian that systemd has booted
	@make/try-deb

try-otlp: setup ## builds a daemon that sends traces, and tests it beside a collector
	@make/try-otlp

build:
	cargo build --workspace

fmt:
	cargo fmt --all

lint: setup
	@make/deny
	@make/sqlx --check

clean-demo: ## stops the demo's daemon and deletes .demo/
	@make/demo --clean
