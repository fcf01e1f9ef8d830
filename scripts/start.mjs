import { runPinned } from './bootstrap.mjs'

await runPinned('apps/server/src/main.ts', ['serve', ...process.argv.slice(2)])
