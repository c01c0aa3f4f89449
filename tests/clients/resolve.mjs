// WatermelonDB is made for bundlers: it names folders where Node wants files, and lies in CommonJS.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const require = createRequire(import.meta.url)

export async function resolve(specifier, context, next) {
  if (specifier.startsWith('@nozbe/watermelondb')) {
    return { url: pathToFileURL(require.resolve(specifier)).href, shortCircuit: true }
  }
  return next(specifier, context)
}
