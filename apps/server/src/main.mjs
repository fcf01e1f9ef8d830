import { enableCompileCache } from 'node:module'

// Most of a short call is reading and compiling the program: keep what came of it. Itself no TypeScript, because only
// what is loaded after this line is kept, and what strips types need not be loaded at all then.
enableCompileCache()
const { run } = await import('./cli/run.ts')
process.exitCode = await run(process.argv.slice(2), process.env)
