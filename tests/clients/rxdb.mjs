// What a test may ask of the client of docs/clients/rxdb.md.
import { open, signIn } from './.pages/rxdb.mjs'

let session, database, replications

export async function start(url, username, password, installKey) {
  session = await signIn(url, username, password, installKey)
  ;({ database, replications } = await open(`fieldbeat${installKey}`, session))
  return session.deviceId
}

const idle = () => new Promise((resolve) => setTimeout(resolve, 20))

export async function until(entity, count, query = {}) {
  const patience = Date.now() + 120_000
  while (Date.now() < patience) {
    // While a collection is begun anew there is none.
    const collection = database.collections[entity]
    const found = collection && !collection.closed ? await collection.find({ selector: query }).exec() : []
    if (found.length === count && !collection?.closed) return found.map((one) => one.toJSON())
    await idle()
  }
  throw new Error(`never ${count} of ${entity}: ${JSON.stringify(await rows(entity)).slice(0, 500)}`)
}

export const rows = async (entity) => (await database.collections[entity].find().exec()).map((one) => one.toJSON())

export async function settled(entity) {
  await replications[entity].awaitInSync()
}

// Live replication off and on again: what was written meanwhile is unsent.
export async function offline() {
  for (const one of Object.values(replications)) await one.pause()
}

export async function back() {
  for (const one of Object.values(replications)) await one.start()
}

export async function online() {
  await back()
  for (const entity of Object.keys(replications)) await settled(entity)
}

export async function insert(entity, document) {
  await database.collections[entity].insert(document)
}

export async function edit(entity, id, changes) {
  await (await database.collections[entity].findOne(id).exec()).incrementalPatch(changes)
}

export async function remove(entity, id) {
  await (await database.collections[entity].findOne(id).exec()).remove()
}

const seen = { errors: [], conflicts: 0, sent: 0 }
export function watch() {
  for (const one of Object.values(replications)) {
    one.error$.subscribe((error) => seen.errors.push(error.parameters?.errors?.[0]?.extensions?.code ?? String(error)))
    one.subjects.conflict.subscribe(() => seen.conflicts++)
    one.sent$.subscribe(() => seen.sent++)
  }
}
export const told = () => seen
