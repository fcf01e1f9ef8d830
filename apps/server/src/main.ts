import { enableCompileCache } from 'node:module'

// Most of a short call is reading and compiling the program: keep what came of it.
enableCompileCache()
const { run } = await import('./cli/run.ts')
process.exitCode = await run(process.argv.slice(2), process.env)
