// What a test may ask of the client of docs/clients/watermelondb.md.
import { open, sync as synchronise } from './.pages/watermelondb.mjs'
import { signIn } from './.pages/rxdb.mjs'

let session, database
const seen = { pushes: 0, pulls: 0 }
let losing = 0

async function ask(query, variables) {
  const push = query.startsWith('mutation')
  seen[push ? 'pushes' : 'pulls']++
  const answer = await session.fetch(new Request(session.url, { method: 'POST', body: JSON.stringify({ query, variables }) }))
  const { data, errors } = await answer.json()
  if (push && losing-- > 0) throw new Error('the reply was lost')
  if (errors) throw Object.assign(new Error(errors[0].message), { extensions: errors[0].extensions })
  return data
}

export async function start(url, username, password, installKey) {
  session = await signIn(url, username, password, installKey)
  database = open(`fieldbeat${installKey}`)
}

export const sync = () => synchronise(database, ask)
export const told = () => seen
export const lose = (times) => { losing = times }
export const rows = async (table) => (await database.get(table).query().fetch()).map((one) => one._raw)

const set = (record, values) => {
  for (const [name, value] of Object.entries(values)) record._setRaw(name, value)
}

export async function insert(table, values, id) {
  return database.write(async () => {
    const made = await database.get(table).create((record) => {
      if (id) record._raw.id = id
      set(record, values)
    })
    return made.id
  })
}

export async function edit(table, id, values) {
  await database.write(async () => (await database.get(table).find(id)).update((record) => set(record, values)))
}

export async function remove(table, id) {
  await database.write(async () => (await database.get(table).find(id)).markAsDeleted())
}
