// A shop of @vendure/core without a dashboard, for `make bench-money`: node vendure.js SOCKET_FOLDER DATABASE CLIENTS SECONDS
// Digital goods: an order needs a customer and a payment, no shipping. Two requests an order: the session comes with the first.
// Prints one line of JSON: orders that are paid, and the seconds they took.
const path = require('path');
const core = require('@vendure/core');
const { populate } = require('@vendure/core/cli');
const fs = require('fs');
const os = require('os');

const [folder, database, clients, seconds] = process.argv.slice(2);
const port = 20000 + Math.floor(Math.random() * 20000);
const api = `http://127.0.0.1:${port}/shop-api`;
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'tradepost-vendure-'));
process.on('exit', () => fs.rmSync(work, { recursive: true, force: true }));

const config = {
  apiOptions: { port, hostname: '127.0.0.1' },
  authOptions: { tokenMethod: 'bearer', superadminCredentials: { identifier: 'admin', password: 'admin' } },
  dbConnectionOptions: {
    type: 'postgres',
    host: folder,
    username: 'tradepost',
    database,
    synchronize: true,
    logging: false,
    extra: { max: 20 },
  },
  importExportOptions: { importAssetsDir: work },
  logger: new core.DefaultLogger({ level: core.LogLevel.Error }),
  orderOptions: {
    process: [core.configureDefaultOrderProcess({ arrangingPaymentRequiresShipping: false, arrangingPaymentRequiresStock: false })],
  },
  paymentOptions: { paymentMethodHandlers: [core.dummyPaymentHandler] },
  plugins: [],
};

const initialData = {
  defaultLanguage: 'en',
  defaultZone: 'Europe',
  countries: [{ name: 'Germany', code: 'DE', zone: 'Europe' }],
  taxRates: [{ name: 'Standard Tax', percentage: 19 }],
  shippingMethods: [],
  paymentMethods: [
    {
      name: 'Store credit',
      handler: { code: 'dummy-payment-handler', arguments: [{ name: 'automaticSettle', value: 'true' }] },
    },
  ],
  collections: [],
};

async function ask(query, variables, token) {
  const headers = { 'content-type': 'application/json' };
  if (token) headers.authorization = `Bearer ${token}`;
  const answer = await fetch(api, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  const body = await answer.json();
  if (body.errors) throw new Error(JSON.stringify(body.errors));
  return { data: body.data, token: answer.headers.get('vendure-auth-token') || token };
}

const ADD = 'mutation ($id: ID!) { addItemToOrder(productVariantId: $id, quantity: 1) { __typename ... on ErrorResult { message } } }';
const PAY = `mutation ($email: String!) {
  setCustomerForOrder(input: { firstName: "A", lastName: "B", emailAddress: $email }) { __typename ... on ErrorResult { message } }
  transitionOrderToState(state: "ArrangingPayment") { __typename ... on OrderStateTransitionError { transitionError } }
  addPaymentToOrder(input: { method: "store-credit", metadata: {} }) { __typename ... on Order { state } ... on ErrorResult { message } }
}`;

let customers = 0;

async function order(variants) {
  const added = await ask(ADD, { id: variants[Math.floor(Math.random() * variants.length)] });
  const paid = await ask(PAY, { email: `buyer${(customers += 1)}@example.com` }, added.token);
  if (paid.data.addPaymentToOrder.state !== 'PaymentSettled') throw new Error(JSON.stringify([added.data, paid.data]));
}

async function main() {
  const products = path.join(work, 'products.csv');
  const head = 'name,slug,description,assets,facets,optionGroups,optionValues,sku,price,taxCategory,stockOnHand,trackInventory,variantAssets,variantFacets\n';
  const rows = Array.from({ length: 40 }, (_, n) => `Set ${n},set-${n},Icons,,,,,SET${n},9.00,Standard Tax,1000000,false,,\n`);
  fs.writeFileSync(products, head + rows.join(''));
  const app = await populate(() => core.bootstrap(config), initialData, products);
  const found = await ask('{ products(options: { take: 40 }) { items { variants { id } } } }');
  const variants = found.data.products.items.flatMap((product) => product.variants.map((variant) => variant.id));
  await order(variants);
  let orders = 0;
  const started = Date.now();
  const end = started + seconds * 1000;
  const client = async () => {
    while (Date.now() < end) {
      await order(variants);
      orders += 1;
    }
  };
  await Promise.all(Array.from({ length: Number(clients) }, client));
  console.log(JSON.stringify({ orders, seconds: (Date.now() - started) / 1000, node: process.version }));
  await app.close();
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
