# The commands of the house. `make demo` and `make test` need a Debian 12 machine with a Rust toolchain, nothing else.

.PHONY: demo test bench bench-dead bench-queue chaos sqlx packs setup build fmt lint clean-demo

demo: setup ## builds, starts the embedded daemon in .demo/, puts sample packs through it, opens the terminal
	@make/demo

test: setup packs ## builds and runs every test
	@make/test

bench: setup packs ## measures what docs/BENCHMARKS.md reports, in release
	@make/bench

bench-queue: setup ## measures the queues alone, beside graphile-worker
	@make/bench-queue

chaos: setup ## kills workers and crashes PostgreSQL under load, and counts what was lost or done twice
	@make/chaos

setup: ## installs the Debian packages that are missing
	@make/setup

packs: ## installs the icon and illustration sets that tests and demo use, from npm, where there is one
	@make/packs

bench-dead: setup ## measures a million dead letters, in release
	@make/bench-dead

sqlx: setup ## prepares .sqlx/ from the migrations and the statements in the code
	@make/sqlx

build:
	cargo build --workspace

fmt:
	cargo fmt --all

lint: setup
	@make/sqlx --check

clean-demo: ## stops the demo's daemon and deletes .demo/
	@make/demo --clean
