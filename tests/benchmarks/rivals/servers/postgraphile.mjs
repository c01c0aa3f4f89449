// PostGraphile 5 as its documentation sets it up, over the same tables: node postgraphile.mjs PORT DOCUMENT...
// Each further argument is a persisted document, by its sha256.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import * as persisted from "@grafserv/persisted";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const [port, ...documents] = process.argv.slice(2);
const Persisted = persisted.default?.default ?? persisted.default ?? persisted.PersistedPlugin;

const preset = {
  extends: [PostGraphileAmberPreset],
  plugins: [Persisted],
  pgServices: [
    makePgService({
      poolConfig: {
        host: process.env.PGHOST,
        user: process.env.PGUSER,
        database: process.env.PGDATABASE,
        application_name: process.env.PGAPPNAME,
        max: 8,
      },
      schemas: ["public"],
    }),
  ],
  grafserv: {
    graphiql: false,
    watch: false,
    websockets: false,
    maxRequestLength: 1_000_000,
    allowUnpersistedOperation: true,
    persistedOperations: Object.fromEntries(
      documents.map((text) => [createHash("sha256").update(text).digest("hex"), text]),
    ),
    hashFromPayload: (body) => body?.extensions?.persistedQuery?.sha256Hash,
  },
  grafast: { explain: false },
};

const server = createServer();
server.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
await postgraphile(preset).createServ(grafserv).addTo(server);
server.listen(Number(port), "127.0.0.1");
