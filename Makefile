# The commands of the house. `make demo` and `make test` need a Debian 12 machine with a Rust toolchain, nothing else.

.PHONY: demo test bench bench-campaign bench-copies bench-dead bench-inspect bench-jail bench-previews bench-queue bench-review chaos fuzz sqlx packs setup build fmt lint clean-demo

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

bench-campaign: setup packs ## measures a campaign over 200,000 items beside new packs, in release
	@make/bench-campaign

bench-copies: setup ## measures look-ups of files that look alike among a million, in release
	@make/bench-copies

bench-inspect: setup packs ## measures how often honest pictures are refused, and what judging costs
	@make/bench-inspect

bench-jail: setup packs ## measures what the jail costs and how it holds files that never end
	@make/bench-jail

bench-previews: setup ## draws the pinned sets with tradepostd render and with other programs, interleaved
	@make/bench-previews

bench-review: setup ## measures the review desk with ten thousand open cases, in release
	@make/bench-review

fuzz: setup ## fuzzes what sees hostile bytes, a minute each; the corpus is kept
	@make/fuzz

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
