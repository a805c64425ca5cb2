// The catalogue as people build it with Fastify, Objection.js and PostgreSQL: the tables and queries of the public API, for the benchmark.
// Usage: node server.js SOCKET_FOLDER DATABASE. Prints its port; ends when its input does.

import Fastify from "fastify";
import Knex from "knex";
import { Model } from "objection";

const [host, database] = process.argv.slice(2);
const knex = Knex({ client: "pg", connection: { host, database, user: "tradepost" }, pool: { min: 8, max: 8 } });
Model.knex(knex);

class Account extends Model {
  static tableName = "accounts";
}

class Family extends Model {
  static tableName = "families";
  static relationMappings = {
    account: { relation: Model.BelongsToOneRelation, modelClass: Account, join: { from: "families.account_id", to: "accounts.id" } },
  };
}

class Set_ extends Model {
  static tableName = "sets";
  static relationMappings = {
    family: { relation: Model.BelongsToOneRelation, modelClass: Family, join: { from: "sets.family_id", to: "families.id" } },
  };
}

class Item extends Model {
  static tableName = "items";
  static relationMappings = {
    set: { relation: Model.BelongsToOneRelation, modelClass: Set_, join: { from: "items.set_id", to: "sets.id" } },
  };
}

class Entry extends Model {
  static tableName = "catalogue";
  static idColumn = ["product", "id"];
}

class Rendition extends Model {
  static tableName = "current_renditions";
  static idColumn = ["item_id", "preset"];
}

class Counts extends Model {
  static tableName = "product_counts";
  static idColumn = ["product", "id"];
}

const styles = (...levels) => [...new Set(levels.flatMap((level) => level.styles))].sort();

const item = ({ set, ...row }) => ({
  id: row.id,
  kind: row.kind,
  set_id: row.set_id,
  set: set.name,
  family_id: set.family.id,
  family: set.family.name,
  contributor: set.family.account.name,
  title: row.title,
  path: row.path,
  tags: row.tags,
  category: row.category ?? set.category ?? set.family.category,
  styles: styles(row, set, set.family),
  licence: set.licence,
  width: row.width,
  height: row.height,
  created_at: row.created_at,
});

const items = (ids) =>
  Item.query().withGraphJoined("set.family.account").whereIn("items.id", ids).where("items.state", "published");

const picture = (row) => ({
  preset: row.preset,
  preset_sha256: row.preset_sha256?.toString("hex") ?? null,
  format: row.format,
  width: row.width,
  height: row.height,
  size_bytes: Number(row.size_bytes),
  url: `/r/${row.sha256.toString("hex")}.${row.format}`,
});

const server = Fastify();

server.get("/v1/items/:id", async (request, reply) => {
  const { id } = request.params;
  const [row] = await items([id]);
  if (!row) return reply.code(404).send({ code: "not-found" });
  const counts = await Counts.query().findOne({ product: "item", id });
  const renditions = await Rendition.query().where({ item_id: id, kind: row.kind }).orderBy(["width", "preset"]);
  const { views = 0, downloads = 0, favourites = 0, sales = 0 } = counts ?? {};
  return { ...item(row), counts: { views, downloads, favourites, sales }, renditions: renditions.map(picture) };
});

server.get("/v1/items", async () => {
  const page = await Entry.query().select("id").where("product", "item").orderBy("id", "desc").limit(51);
  const ids = page.slice(0, 50).map((row) => row.id);
  const rows = await items(ids).orderBy("items.id", "desc");
  const total = await knex.raw("select catalogue_total('item', '{}', null, null) as total");
  return { rows: rows.map(item), next: page.length > 50 ? ids.at(-1) : null, total: Number(total.rows[0].total) };
});

server.get("/v1/sets/:id", async (request, reply) => {
  const { id } = request.params;
  const set = await Set_.query().withGraphJoined("family.account").findOne({ "sets.id": id, "sets.state": "published" });
  if (!set) return reply.code(404).send({ code: "not-found" });
  const items = await Item.query().where({ set_id: id, state: "published" }).resultSize();
  const { family } = set;
  return {
    id: set.id,
    family_id: family.id,
    family: family.name,
    slug: set.slug,
    name: set.name,
    description: set.description,
    kind: set.kind,
    contributor: family.account.name,
    licence: set.licence,
    attribution: set.attribution,
    source: set.source,
    price_minor: Number(set.price_minor),
    currency: set.currency,
    tags: set.tags,
    category: set.category ?? family.category,
    styles: styles(set, family),
    items,
    published_at: set.published_at,
  };
});

process.stdin.resume().on("end", () => process.exit(0));
await server.listen({ host: "127.0.0.1", port: 0 });
console.log(JSON.stringify({ port: server.server.address().port, node: process.version }));
