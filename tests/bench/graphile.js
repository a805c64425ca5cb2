// Runs graphile-worker for the benchmark: one JSON request a line on standard input, one JSON answer a line on standard output.
// Usage: node graphile.js SOCKET_FOLDER DATABASE. Ends when its input does.

import { createInterface } from "node:readline";
import { Logger, makeWorkerUtils, run } from "graphile-worker";
import pg from "pg";

const [host, database] = process.argv.slice(2);
const quiet = new Logger(() => () => {});

// As it is when nobody configures anything, and as https://worker.graphile.org/docs/performance has it for its own figures.
const presets = {
  plain: {},
  tuned: { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 },
};

const pool = (size) => {
  const made = new pg.Pool({ host, database, user: "tradepost", max: size });
  // graphile-worker wants to know that somebody listens; a lost connection fails the request anyway.
  made.on("error", () => {});
  made.on("connect", (client) => client.on("error", () => {}));
  return made;
};

async function timed(work) {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

// So many jobs by so many clients at once, each in a transaction of its own or so many together.
async function enqueue({ jobs, batch, clients }) {
  const pgPool = pool(clients);
  const utils = await makeWorkerUtils({ pgPool, logger: quiet });
  let next = 0;
  const client = async () => {
    while (next < jobs) {
      const first = next;
      next += batch;
      if (batch === 1) {
        await utils.addJob("empty", { number: first });
      } else {
        const size = Math.min(batch, jobs - first);
        const specs = Array.from({ length: size }, (_, i) => ({ identifier: "empty", payload: { number: first + i } }));
        await utils.addJobs(specs);
      }
    }
  };
  // Connections are not what is measured.
  await Promise.all(Array.from({ length: clients }, () => pgPool.query("select pg_sleep(0.01)")));
  const seconds = await timed(() => Promise.all(Array.from({ length: clients }, client)));
  await utils.release();
  await pgPool.end();
  return { seconds };
}

// Works on all jobs there are, until the last one is deleted.
async function work({ jobs, preset, concurrency }) {
  const pgPool = pool(concurrency + 1);
  await Promise.all(Array.from({ length: concurrency }, () => pgPool.query("select pg_sleep(0.01)")));
  let handled = 0;
  let runner;
  const seconds = await timed(async () => {
    runner = await run({
      pgPool,
      logger: quiet,
      noHandleSignals: true,
      crontab: "",
      taskList: { empty: async () => void handled++ },
      preset: { worker: { concurrentJobs: concurrency, maxPoolSize: concurrency + 1, ...presets[preset] } },
    });
    while (handled < jobs) await new Promise((resolve) => setTimeout(resolve, 1));
    while ((await pgPool.query("select from graphile_worker._private_jobs limit 1")).rowCount > 0)
      await new Promise((resolve) => setTimeout(resolve, 1));
  });
  await runner.stop();
  await pgPool.end();
  return { seconds };
}

// What was deleted is cleared away, so that no round pays for another.
async function tidy() {
  const pgPool = pool(1);
  await pgPool.query("vacuum (analyze) graphile_worker._private_jobs");
  await pgPool.end();
  return {};
}

async function prepare() {
  const utils = await makeWorkerUtils({ pgPool: pool(1), logger: quiet });
  await utils.migrate();
  await utils.release();
  return { node: process.version };
}

const requests = { prepare, enqueue, work, tidy };
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  console.log(JSON.stringify(await requests[request.do](request)));
}
process.exit(0);
