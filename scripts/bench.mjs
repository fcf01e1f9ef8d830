import { runPinned } from './bootstrap.mjs'

await runPinned('bench/main.ts', process.argv.slice(2))
