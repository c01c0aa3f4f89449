// Runs one client for one person and does what the test tells it, a line of JSON at a time: {"do": name, "with": [...]}.
import { register } from 'node:module'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

register('./resolve.mjs', import.meta.url)

// The answers alone go to the test; what libraries say goes beside them.
console.log = console.info = console.debug = console.error

const [, , steps] = process.argv
const actions = await import(pathToFileURL(steps))
const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`)

process.on('unhandledRejection', (error) => say({ stray: String(error?.stack ?? error) }))
say({ ready: true })
for await (const line of createInterface({ input: process.stdin })) {
  const { do: name, with: words } = JSON.parse(line)
  try {
    say({ done: (await actions[name](...words)) ?? null })
  } catch (error) {
    say({ failed: String(error?.stack ?? error), extensions: error?.extensions ?? null })
  }
}
process.exit(0)
