// What a test may ask of the client of docs/clients/apollo.md.
import WebSocket from 'ws'

import { ACCOUNTS, connect, DEALS, edit as change, NOTE } from './.pages/apollo.mjs'
import { signIn } from './.pages/rxdb.mjs'
import { cuttable } from './line.mjs'

let client, socket, line
const heard = []
const waiting = []

export async function start(url, username, password, installKey) {
  const session = await signIn(url, username, password, installKey)
  line = cuttable(session)
  ;({ client, socket } = connect(session, WebSocket))
}

export async function accounts(fetchPolicy = 'network-only') {
  return (await client.query({ query: ACCOUNTS, fetchPolicy })).data.accounts.nodes.map(({ id, name, phone }) => ({ id, name, phone }))
}

export const cut = () => { line.down = true }
export const mend = () => { line.down = false }
export const lose = (replies) => { line.loseReplies = replies }
export const sent = () => line.sent

// Begun and not waited for: it may be long until there is a line.
export function edit(id, changes) {
  waiting.push(change(client, id, changes))
}

export function note(input) {
  waiting.push(client.mutate({ mutation: NOTE, variables: { input } }).then(() => 'made', (error) => error.errors?.[0]?.extensions?.code ?? String(error)))
}

export const settled = async () => (await Promise.all(waiting.splice(0))).map((one) => one?.data ? 'made' : one)

export async function listen() {
  const open = new Promise((resolve) => socket.on('connected', resolve))
  client.subscribe({ query: DEALS }).subscribe({ next: ({ data }) => heard.push(data.opportunityChanged.opportunity.name) })
  await open
}

export const told = () => heard
