// graphql-ws on Node with a hub of its own, fed by one LISTEN, over all processes of the machine's one loop:
// node graphql_ws.mjs PORT. It knows nobody's rights: an event is for all, or for the one it names.
import { createServer } from "node:http";
import { GraphQLObjectType, GraphQLNonNull, GraphQLSchema, GraphQLString } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import pg from "pg";
import { WebSocketServer } from "ws";

const everybody = new Set();
const byName = new Map();

class Subscriber {
  waiting = [];
  wake = null;
  ended = false;
  constructor(name) {
    this.name = name;
    everybody.add(this);
    if (!byName.has(name)) byName.set(name, new Set());
    byName.get(name).add(this);
  }
  put(event) {
    if (this.wake) {
      const wake = this.wake;
      this.wake = null;
      wake({ value: event, done: false });
    } else this.waiting.push(event);
  }
  next() {
    if (this.waiting.length) return Promise.resolve({ value: this.waiting.shift(), done: false });
    if (this.ended) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => (this.wake = resolve));
  }
  return() {
    this.ended = true;
    everybody.delete(this);
    byName.get(this.name)?.delete(this);
    if (this.wake) this.wake({ value: undefined, done: true });
    return Promise.resolve({ value: undefined, done: true });
  }
  [Symbol.asyncIterator]() {
    return this;
  }
}

const text = { type: new GraphQLNonNull(GraphQLString) };
const Opportunity = new GraphQLObjectType({ name: "Opportunity", fields: { id: text, notes: text } });
const OpportunityEvent = new GraphQLObjectType({
  name: "OpportunityEvent",
  fields: { opportunity: { type: new GraphQLNonNull(Opportunity) } },
});
const schema = new GraphQLSchema({
  query: new GraphQLObjectType({ name: "Query", fields: { ok: text } }),
  subscription: new GraphQLObjectType({
    name: "Subscription",
    fields: {
      opportunityChanged: {
        type: new GraphQLNonNull(OpportunityEvent),
        subscribe: (_, __, context) => new Subscriber(context.connectionParams?.user ?? ""),
        resolve: (event) => ({ opportunity: event }),
      },
    },
  }),
});

const line = new pg.Client({ application_name: process.env.PGAPPNAME });
await line.connect();
line.on("notification", ({ payload }) => {
  const event = JSON.parse(payload);
  for (const one of event.to ? (byName.get(event.to) ?? []) : everybody) one.put(event);
});
await line.query("LISTEN bench_events");

const server = createServer();
useServer({ schema, context: (given) => given }, new WebSocketServer({ server, path: "/graphql", perMessageDeflate: false }));
server.listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096 });
