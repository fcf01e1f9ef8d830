import { writeSync } from 'node:fs'

/** Ends the output of a test run with one line that scripts can read: `N passed, N failed, N skipped`. */
export default class SummaryReporter {
  #running = new Set()

  onInit() {
    // whoever ends a run that hangs learns where it hung
    process.once('SIGTERM', () => {
      writeSync(1, `ended while these ran:\n${[...this.#running].map((file) => `  ${file}\n`).join('')}`)
      process.exit(143)
    })
  }

  onTestModuleQueued(module) {
    this.#running.add(module.relativeModuleId)
  }

  onTestModuleEnd(module) {
    this.#running.delete(module.relativeModuleId)
  }

  onTestRunEnd(modules, unhandledErrors) {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        count[state === 'passed' || state === 'failed' ? state : 'skipped']++
      }
      // a file or a hook that broke outside its tests is a failure too
      count.failed += module.errors().length
      for (const suite of module.children.allSuites()) count.failed += suite.errors().length
    }
    // after everything else that wants to be last
    process.once('exit', (code) => {
      // the run broke outside its tests (the setup, no test found): never a clean line then
      if (code !== 0 && count.failed === 0) count.failed = 1
      writeSync(1, `${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`)
    })
  }
}
