import { runPinned } from './bootstrap.mjs'

await runPinned('apps/server/src/main.mjs', ['serve', ...process.argv.slice(2)])
