#!/usr/bin/env node
import { runPinned } from './bootstrap.mjs'

await runPinned('apps/server/src/main.mjs', process.argv.slice(2))
