// The clients of graphql-ws and graphql-sse, as their makers' pages use them: the same feed, over either.
import { createClient as overEvents } from 'graphql-sse'
import { createClient as overSocket } from 'graphql-ws'
import WebSocket from 'ws'

import { signIn } from './.pages/rxdb.mjs'

const DEALS = 'subscription ($since: String) { opportunityChanged(since: $since) { cursor gone resync opportunity { name } } }'

let session, clients
const heard = { ws: [], sse: [] }
const ends = {}
const sockets = []
let connected = 0
let broken = new AbortController()

// What a phone does whose line breaks: the body of the answer ends in the middle.
const breakable = (url, options) => fetch(url, { ...options, signal: AbortSignal.any([options.signal, broken.signal]) })

export async function start(url, username, password, installKey) {
  session = await signIn(url, username, password, installKey)
  clients = {
    ws: overSocket({
      url: url.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: () => ({ Authorization: session.authorization() }),
      retryWait: () => new Promise((resolve) => setTimeout(resolve, 50)),
      shouldRetry: () => true,
      on: { opened: (socket) => sockets.push(socket), connected: () => { connected++ } },
    }),
    sse: overEvents({
      url,
      fetchFn: breakable,
      headers: () => ({ Authorization: session.authorization() }),
      retry: () => new Promise((resolve) => setTimeout(resolve, 50)),
    }),
  }
}

export function listen(kind, since = null) {
  ends[kind] = clients[kind].subscribe({ query: DEALS, variables: { since } }, {
    next: ({ data, errors }) => heard[kind].push(errors ? { errors } : data.opportunityChanged),
    error: (error) => heard[kind].push({ error: String(error?.message ?? JSON.stringify(error)) }),
    complete: () => {},
  })
}

export const leave = (kind) => { ends[kind](); heard[kind].length = 0 }
export const told = (kind) => heard[kind]
export const connections = () => connected

// The library finds its line dead, and opens another by itself.
export function breakLine(kind) {
  if (kind === 'ws') return sockets.at(-1).terminate()
  broken.abort(new TypeError('the line broke'))
  broken = new AbortController()
}

export async function cursor() {
  const answer = await session.fetch(new Request(session.url, {
    method: 'POST', body: JSON.stringify({ query: '{ liveCursor }' }), headers: { 'Content-Type': 'application/json' },
  }))
  return (await answer.json()).data.liveCursor
}
