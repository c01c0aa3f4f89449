// What a test may ask of the client of docs/clients/urql.md.
import WebSocket from 'ws'

import { ACCOUNTS, connect, DEALS, EDIT } from './.pages/urql.mjs'
import { signIn } from './.pages/rxdb.mjs'
import { cuttable } from './line.mjs'

let client, socket, line
const heard = []
const kept = { metadata: null, data: {} }
const storage = {
  readData: async () => kept.data,
  writeData: async (delta) => { Object.assign(kept.data, delta) },
  readMetadata: async () => kept.metadata,
  writeMetadata: (metadata) => { kept.metadata = metadata },
  onOnline: () => {},
}

export async function start(url, username, password, installKey) {
  const session = await signIn(url, username, password, installKey)
  line = cuttable(session)
  ;({ client, socket } = connect(session, storage, WebSocket))
}

export async function accounts(requestPolicy = 'network-only') {
  const { data, error } = await client.query(ACCOUNTS, {}, { requestPolicy }).toPromise()
  if (error) throw error
  return data.accounts.nodes.map(({ id, name, phone }) => ({ id, name, phone }))
}

export const cut = () => { line.down = true }
export const mend = () => { line.down = false }
export const lose = (replies) => { line.loseReplies = replies }
export const sent = () => line.sent

export function edit(id, changes) {
  client.mutation(EDIT, { id, changes }).subscribe(() => {})
}

export async function listen() {
  const open = new Promise((resolve) => socket.on('connected', resolve))
  client.subscription(DEALS, {}).subscribe(({ data }) => { if (data) heard.push(data.opportunityChanged.opportunity.name) })
  await open
}

export const told = () => heard
