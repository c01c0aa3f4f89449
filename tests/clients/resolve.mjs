// WatermelonDB is made for bundlers: it names folders where Node wants files, and its modules are CommonJS with a default.
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

const require = createRequire(import.meta.url)
const BUNDLED = '?as-bundlers-do'

export async function resolve(specifier, context, next) {
  if (specifier.startsWith('@nozbe/watermelondb')) {
    return { url: pathToFileURL(require.resolve(specifier)).href + BUNDLED, shortCircuit: true }
  }
  return next(specifier, context)
}

export async function load(url, context, next) {
  if (!url.endsWith(BUNDLED)) return next(url, context)
  const path = JSON.stringify(fileURLToPath(url.slice(0, -BUNDLED.length)))
  const names = Object.keys(require(JSON.parse(path))).filter((name) => name !== 'default' && name !== '__esModule')
  const source = `import { createRequire } from 'node:module'
const module = createRequire(${JSON.stringify(import.meta.url)})(${path})
export default module.default ?? module
${names.map((name) => `export const ${name} = module.${name}`).join('\n')}`
  return { format: 'module', source, shortCircuit: true }
}
