// Lives a shop's day through openapi-fetch, typed by openapi-typescript: run with the base URL.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Product = components["schemas"]["Product"];

const client = createClient<paths>({ baseUrl: process.argv[2] });
const merge = { headers: { "Content-Type": "application/merge-patch+json" } };

async function list(page?: number): Promise<{ items: Product[]; total: number }> {
  const { data, error } = await client.GET("/products", { params: { query: { page, per_page: 4 } } });
  assert.ok(data, JSON.stringify(error));
  return data;
}

async function everything(): Promise<Product[]> {
  const first = await list();
  const pages = Math.ceil(first.total / 4);
  const others = await Promise.all(Array.from({ length: pages - 1 }, (_, index) => list(index + 2)));
  return [...first.items, ...others.flatMap((page) => page.items)];
}

const before = await everything();

const created = await client.POST("/products", { body: { name: "Teapot", price: 12.5, category: "tools" } });
assert.equal(created.response.status, 201);
assert.ok(created.data);
const productId = created.data.id;
const path = { productId };

const read = await client.GET("/products/{productId}", { params: { path } });
assert.deepEqual(read.data, created.data);

const listed = await everything();
assert.equal(listed.length, before.length + 1);
assert.deepEqual(listed.find((product) => product.id === productId), created.data);

const changed = await client.PATCH("/products/{productId}", { params: { path }, body: { price: 10 }, ...merge });
assert.equal(changed.data?.price, 10);
assert.equal(changed.data?.name, "Teapot");

const body = { name: "Kettle", price: 30, category: "tools" } as const;
const replaced = await client.PUT("/products/{productId}", { params: { path }, body });
assert.equal(replaced.data?.name, "Kettle");

const { response } = await client.DELETE("/products/{productId}", { params: { path } });
assert.equal(response.status, 204);

const gone = await client.GET("/products/{productId}", { params: { path } });
assert.equal(gone.response.status, 404);
assert.equal(gone.error?.code, 404);
assert.deepEqual(await everything(), before);

console.log("done");
